"""The values that flow through the pipeline, and the Protocols that plug-ins fulfil.

Conventions: an image is float32 of shape (H, W), grey levels in [0, 255]. Labels are int32 of shape (H, W), 0 the
background and 1..n the cells; the pixel mask is ``labels > 0``. A batch is (N, H, W).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

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


@dataclass(frozen=True, eq=False)
class Comparison:
    """A batch of predicted masks beside the truth, with what several metrics need of the two counted once.

    Attributes
    ----------
    masks
        bool, (N, H, W): the prediction.
    truth
        bool, (N, H, W): ``labels > 0``.
    """

    masks: Masks
    truth: Masks

    @cached_property
    def true_positives(self) -> npt.NDArray[np.int64]:
        """Pixels that both call cell, (N,)."""
        return np.count_nonzero(self.masks & self.truth, axis=(1, 2))

    @cached_property
    def predicted(self) -> npt.NDArray[np.int64]:
        """Pixels that the prediction calls cell, (N,)."""
        return np.count_nonzero(self.masks, axis=(1, 2))

    @cached_property
    def actual(self) -> npt.NDArray[np.int64]:
        """Pixels that the truth calls cell, (N,)."""
        return np.count_nonzero(self.truth, axis=(1, 2))

    @property
    def pixels(self) -> int:
        """Pixels of one patch."""
        return int(np.prod(self.masks.shape[1:]))


class Artefact(Protocol):
    """A way in which a microscope image drifts, at a physical intensity. One file, one class.

    Subclass it, set the attributes, write `distort`; override `view_side` and `patches_per_frame` only for an artefact
    that changes the geometry.

    Attributes
    ----------
    name
        As in test ids and tables.
    version
        Raise it whenever the same key gives other pixels.
    parameter, unit
        What the intensity is called, and its physical unit.
    neutral
        The intensity that does nothing (up to the rescaling that the class documents).
    grids
        Intensities of each profile. ``default`` must be there; a profile that is not takes ``default``.
    """

    name: str
    version: int
    parameter: str
    unit: str
    neutral: float
    grids: Mapping[str, Sequence[float]]

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """The image and its labels as this artefact leaves them.

        Parameters
        ----------
        image, labels
            A view, (S, T): square in the benchmark, any shape elsewhere. Neither is changed.
        intensity
            In `unit`.
        rng
            This patch's own; the draws must not depend on the intensity.

        Returns
        -------
        tuple
            float32 image in [0, 255] and int32 labels, both of the patch's shape, transformed together.

        Raises
        ------
        ValueError
            If the intensity has no meaning.
        """
        ...

    def steps(self, intensity: float) -> Sequence[tuple[Artefact, float]]:
        """The artefacts that are applied one after the other, with their intensities: mostly this one alone."""
        return ((self, intensity),)

    def view_side(self, intensity: float, side: int) -> int:
        """Side in pixels of the square that is cut from the frame for a patch of ``side`` pixels."""
        return side

    def patches_per_frame(self, intensity: float, frame_shape: tuple[int, int], most: int) -> int:
        """Patches to cut from a frame of this shape; ``most`` is the profile's cap."""
        return PATCHES_PER_FRAME

    def grid(self, profile: str) -> tuple[float, ...]:
        """The intensities of a profile."""
        return tuple(self.grids.get(profile, self.grids["default"]))


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


class Metric(Protocol):
    """A score of predicted masks against the truth, per patch.

    Attributes
    ----------
    name
        Column of the tables.
    version
        Raise it whenever the same masks give another score.
    pooled
        How the patches of a condition become one figure.
    best
        Which value is best: the highest, the lowest, or that nearest to the metric named by `target`.
    """

    name: str
    version: int
    pooled: Literal["mean", "sum"]
    best: Literal["highest", "lowest", "nearest"]
    target: str = ""

    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """float64, (N,); NaN where the metric is undefined."""
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


class DatasetSource(Protocol):
    """A kind of data set: knows its own layout and opens it.

    Attributes
    ----------
    name
        In `list`.
    layout
        What it looks like on disk, in one line.
    splits
        How splits are named, for help texts.
    """

    name: str
    layout: str
    splits: str

    def recognises(self, where: str) -> bool:
        """Whether ``where`` (a name or a folder) is of this kind; looks, and reads no image."""
        ...

    def open(self, where: str, split: str | None, white_level: int | None) -> Dataset:
        """The data set at ``where``.

        Raises
        ------
        DataError
            If the folder is not usable; the message names the file and the remedy.
        """
        ...
