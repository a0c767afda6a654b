"""Values that flow through the pipeline, and the protocols of its data sets and segmenters.

Conventions: an image is float32, (H, W), grey levels in [0, 255]. Labels are int32, (H, W), 0 for background and 1..n
for cells, below 0 where no score is computed (`VOID`, `PADDING`); the pixel mask is ``labels > 0``. A batch is (N, H,
W).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from robustbench_cells.randomness import generator

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Masks = npt.NDArray[np.bool_]
Prediction = Image | Labels  # probabilities of foreground, or an id for each cell
Scale = Literal["linear", "log"]  # of an intensity's axis
EdgeCells = Literal["keep", "drop"]  # what of true cells that a patch cuts

PATCH_SIDE = 256  # pixels; the input of the paper's U-Net (section II)
PATCHES_PER_FRAME = 6  # the paper, section II
BATCH = 16  # patches rendered, predicted and scored together
THRESHOLD = 0.5  # foreground above this probability; the paper, section II
VOID = -1  # label of pixels that the annotators left open: they are in no score
PADDING = -2  # label of pixels beyond the frame, which are in no score either
REFERENCE = "background"  # the all-background baseline: the dotted line of the paper's figures
CLEAN = "clean"  # name of the condition without an artefact
MEASURED = "measured:"  # begins the name of an axis that was measured, not simulated


def condition_name(artefact: str, intensity: float) -> str:
    """Name a condition as in test ids: ``clean`` or ``noise-50``."""
    return CLEAN if artefact == CLEAN else f"{artefact}-{intensity:g}"


@dataclass(frozen=True)
class Remark:
    """Something odd about a frame that does not prevent its use; a run warns of it once for all frames.

    Attributes
    ----------
    text
        Sentence about the frames concerned, the same for each; ``{pixels}`` stands for the number of pixels in all.
    pixels
        Number of pixels concerned in this frame.
    """

    text: str
    pixels: int = 0


@dataclass(frozen=True, eq=False)
class Sample:
    """One frame of a data set, with the labels of its cells.

    Attributes
    ----------
    dataset
        Key of its data set, ``kind/split``: part of the random key, so it holds no path of this machine.
    frame
        Name of the frame, unique within the data set.
    image
        float32, (H, W) or, where models take several channels, (H, W, C), grey levels in [0, 255].
    labels
        int32, (H, W), 0 background, 1..n cells, `VOID` where no score is computed.
    remarks
        What the reader found odd.
    by_components
        Whether the labels are 8-connected components of a mask without ids, so that cells which touch are one.
    """

    dataset: str
    frame: str
    image: Image
    labels: Labels
    remarks: tuple[Remark, ...] = ()
    by_components: bool = False


@dataclass(frozen=True, eq=False)
class Patch:
    """One square cut out of a frame, of the side that the artefact asks for (`Artefact.view_side`).

    With the labels of the whole frame, where it was cut from one.
    """

    dataset: str
    frame: str
    index: int
    image: Image
    labels: Labels
    frame_labels: Labels | None = None

    def random(self, seed: int, purpose: str) -> np.random.Generator:
        """Create this patch's random generator for ``purpose``, the name of an artefact."""
        return generator(seed, self.dataset, self.frame, self.index, purpose)


@dataclass(frozen=True)
class ScoreRange:
    """The values that a metric can have; a score outside of them is damage, never a result.

    Attributes
    ----------
    low, high
        Lowest and highest value; None where there is no bound.
    """

    low: float | None = None
    high: float | None = None

    @property
    def width(self) -> float:
        """Largest difference of two scores; infinite where a bound is missing."""
        low, high = self._bounds
        return high - low

    def allows(self, score: float) -> bool:
        """Whether a patch can have that score; NaN says that the metric is undefined."""
        low, high = self._bounds
        return isnan(score) or (low <= score <= high and isfinite(score))

    def excludes(self, scores: npt.NDArray[np.float64]) -> Masks:
        """Which of many scores are not allowed."""
        low, high = self._bounds
        return np.isinf(scores) | (scores < low) | (scores > high)

    def clip(self, limits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Limits of an interval of a mean, which lies within the bounds too."""
        return np.asarray(np.clip(limits, *self._bounds))

    @property
    def _bounds(self) -> tuple[float, float]:
        return -inf if self.low is None else self.low, inf if self.high is None else self.high

    def __str__(self) -> str:
        ends = f" of at least {self.low:g}" if self.low is not None else ""
        if self.high is not None:
            ends = f" from {self.low:g} to {self.high:g}" if ends else f" of at most {self.high:g}"
        return f"finite numbers{ends}"


@dataclass(frozen=True)
class Ratio:
    """A ratio of sums of counts over patches, each a weighted sum of metrics.

    Attributes
    ----------
    part, whole
        Numerator and denominator: weight of each metric, by its name.
    """

    part: Mapping[str, float]
    whole: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics that it is made of."""
        return tuple(dict.fromkeys([*self.part, *self.whole]))

    def __str__(self) -> str:
        return f"{_weighted_sum(self.part)} / {_weighted_sum(self.whole)}"


def _weighted_sum(weights: Mapping[str, float]) -> str:
    """A sum as people write it: ``(2 a + b - c)``, without brackets where it is one product."""
    signed = [
        ("-" if weight < 0 else "+", f"{abs(weight):g} {name}".removeprefix("1 ")) for name, weight in weights.items()
    ]
    text = " ".join(part for one in signed for part in one).removeprefix("+ ")
    return f"({text})" if len(signed) > 1 else text


@dataclass(frozen=True)
class Record:
    """Scores of one segmenter on one patch under one condition; NaN where a metric is undefined."""

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
        Name in test ids and tables.
    digest
        Text that changes whenever the predictions may: a file's SHA-256 or a version.

    An attribute ``instances`` may say what its cells are: ``labels``, its own, or the rule by which they are made of
    its foreground, ``components`` or ``watershed`` (see `robustbench_cells.instances.rules`).
    """

    name: str
    digest: str

    @abstractmethod
    def predict(self, images: Image) -> Prediction:
        """Predict probabilities of foreground, or labels of cells.

        Parameters
        ----------
        images
            float32, (N, H, W), or (N, H, W, C) of the channels that the card of a model names, grey levels in [0, 255];
            scaling and normalisation are up to the segmenter.

        Returns
        -------
        numpy.ndarray
            float32, (N, H, W), in [0, 1]; or labels, int32, (N, H, W), 0 background and an id per cell above it, in any
            order, for each image anew.
        """
        ...


@dataclass(frozen=True)
class Runner:
    """What runs a network.

    Attributes
    ----------
    library, version
        Library that runs it, and its version.
    provider
        Part of the library that computes: Keras' backend with its version, onnxruntime's execution provider, a device.
    threads
        Number of threads of the process that loaded it.
    """

    library: str
    version: str
    provider: str
    threads: int


class Dataset(Protocol):
    """Frames with labels.

    Attributes
    ----------
    key
        Name as ``kind/split``, see `Sample.dataset`.
    title
        Description for readers: kind and path. Contains 'synthetic' where the frames are.
    frames
        Names of the frames, in order.
    sequence
        Whether the frames follow one another in time, so that neighbours are correlated.
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
        """Read one frame.

        Raises
        ------
        DataError
            If it cannot be read; the message names the file and the remedy.
        """
        ...


@runtime_checkable
class MeasuredDataset(Dataset, Protocol):
    """Frames of which there are images taken under worse settings, too.

    Attributes
    ----------
    measured
        Values of each measured axis, by its name; empty where there is none.
    """

    @property
    def measured(self) -> Mapping[str, Sequence[float]]: ...  # noqa: D102 - above

    def read_measured(self, frame: str, axis: str, value: float) -> Sample:
        """Read the image of a frame at a value of an axis, with the labels of the frame.

        Raises
        ------
        DataError
            If it cannot be read.
        """
        ...
