"""The values that flow through the pipeline, and the Protocols that plug-ins fulfil.

Conventions: an image is float32 of shape (H, W), grey levels in [0, 255]. Labels are int32 of shape (H, W), 0 the
background and 1..n the cells; the pixel mask is ``labels > 0``. A batch is (N, H, W).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from robustbench_cells.randomness import generator

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Masks = npt.NDArray[np.bool_]

PATCH_SIDE = 256  # pixels; the input of the paper's U-Net (section II)
PATCHES_PER_FRAME = 6  # the paper, section II
BATCH = 16  # patches that are made, predicted and scored at a time
CLEAN = "clean"  # what the condition without an artefact is called


def condition_name(artefact: str, intensity: float) -> str:
    """The name of a condition, as in test ids: ``clean`` or ``noise-50``."""
    return CLEAN if artefact == CLEAN else f"{artefact}-{intensity:g}"


THRESHOLD = 0.5  # above it a probability is a cell; the paper, section II
REFERENCE = "background"  # the segmenter that others are laid beside: the dotted line of the paper's figures


@dataclass(frozen=True, eq=False)
class Sample:
    """One frame of a data set, with the labels of its cells.

    Attributes
    ----------
    dataset
        Where it comes from, as ``kind/split``: part of the random key, so without any path of a machine.
    frame
        Name of the frame, unique within the data set.
    image
        float32, (H, W), grey levels in [0, 255].
    labels
        int32, (H, W), 0 background, 1..n cells.
    """

    dataset: str
    frame: str
    image: Image
    labels: Labels


@dataclass(frozen=True, eq=False)
class Patch:
    """One square cut out of a frame. Its side is that of the view that an artefact asked for (`Artefact.view_side`)."""

    dataset: str
    frame: str
    index: int
    image: Image
    labels: Labels

    def random(self, seed: int, purpose: str) -> np.random.Generator:
        """The generator that ``purpose`` (an artefact's name) has for this patch."""
        return generator(seed, self.dataset, self.frame, self.index, purpose)


@dataclass(frozen=True)
class Record:
    """One segmenter on one patch at one intensity: its score in each metric, NaN where a metric is undefined."""

    segmenter: str
    artefact: str
    intensity: float
    frame: str
    patch: int
    scores: Mapping[str, float]


class Segmenter(Protocol):
    """Anything that predicts: a model or a baseline.

    Attributes
    ----------
    name
        As in test ids and tables.
    digest
        Changes whenever the predictions may: a file's SHA-256 or a version.
    """

    name: str
    digest: str

    @abstractmethod
    def predict(self, images: Image) -> Image:
        """Foreground probabilities of a batch.

        Parameters
        ----------
        images
            float32, (N, H, W), grey levels in [0, 255]. Scaling and normalising belong in here.

        Returns
        -------
        numpy.ndarray
            float32, (N, H, W), in [0, 1].
        """
        ...


class Dataset(Protocol):
    """Frames with labels.

    Attributes
    ----------
    key
        ``kind/split``, see `Sample.dataset`.
    title
        For people: what this is and where it lies. Says 'synthetic' where it is.
    frames
        Names of the frames, in order.
    sequence
        Whether they follow one another in time, so that neighbours are alike.
    """

    @property
    def key(self) -> str: ...  # noqa: D102 - above

    @property
    def title(self) -> str: ...  # noqa: D102

    @property
    def frames(self) -> Sequence[str]: ...  # noqa: D102

    @property
    def sequence(self) -> bool: ...  # noqa: D102

    def read(self, frame: str) -> Sample:
        """The frame of that name.

        Raises
        ------
        DataError
            If it cannot be read; the message names the file and the remedy.
        """
        ...
