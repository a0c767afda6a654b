"""A name or a folder into the frames that a run uses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from robustbench_cells.datasets._registry import SOURCES
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset, Sample

_FRAMES_KEPT = 32  # about 100 MB at 720×576, however many frames there are


@dataclass(frozen=True)
class FieldOfInterest:
    """A data set without its borders, where annotators left cells out: ``margin`` pixels are cut off each side.

    Labels are made on the whole frame first, so a cell that the margin cuts keeps its id.
    """

    whole: Dataset
    margin: int

    @property
    def key(self) -> str:
        """As the whole data set's, with the margin: other patches come from it."""
        return f"{self.whole.key}/margin={self.margin}"

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.whole.title}, field of interest {self.margin} px inside the border"

    @property
    def frames(self) -> Sequence[str]:
        """Names of the frames, in order."""
        return self.whole.frames

    def read(self, frame: str) -> Sample:
        """The frame of that name, cropped."""
        sample = self.whole.read(frame)
        inside = (slice(self.margin, -self.margin),) * 2
        return Sample(self.key, frame, sample.image[inside], sample.labels[inside])


class Selection:
    """Some frames of a data set, all of them read once and fingerprinted, the last few kept in memory.

    Reading them all before the run is what makes a broken file fail at once rather than hours later.
    """

    def __init__(self, dataset: Dataset, frames: Sequence[str]) -> None:
        self.key = dataset.key
        self.frames = tuple(frames)
        every = len(dataset.frames)
        self.title = f"{dataset.title}, {len(frames) if len(frames) == every else f'{len(frames)} of {every}'} frames"
        self._read = lru_cache(maxsize=_FRAMES_KEPT)(dataset.read)
        digest = hashlib.sha256(dataset.key.encode())
        shapes = set()
        for frame in self.frames:
            sample = self.read(frame)
            shapes.add(sample.image.shape)
            digest.update(f"{frame}{sample.image.shape}".encode())
            digest.update(np.ascontiguousarray(sample.image).tobytes())
            digest.update(np.ascontiguousarray(sample.labels).tobytes())
        self.fingerprint = digest.hexdigest()
        self.smallest_side = min(min(shape) for shape in shapes)

    def read(self, frame: str) -> Sample:
        """The frame of that name (see `Dataset.read`)."""
        return self._read(frame)


def open_dataset(
    where: str,
    split: str | None = None,
    *,
    margin: int = 0,
    frames: int | None = None,
    white_level: int | None = None,
    smallest_side: int = 1,
) -> Selection:
    """Open a data set, and read and check every frame that will be used.

    Parameters
    ----------
    where
        ``synthetic``, or a folder of a layout that `robustbench_cells list` shows.
    split
        The kind's own default if not given.
    margin
        Field of interest: pixels that are cut off each side of a frame.
    frames
        Use this many frames, evenly spread over the data set; all if not given or if there are fewer.
    white_level
        The value of a 16-bit file that is white.
    smallest_side
        A frame whose shorter side (in pixels, after the margin is off) is below this is refused.

    Raises
    ------
    DataError
        If there is no such data set, or a file is not usable.
    """
    source = next((source for source in SOURCES if source.recognises(where)), None)
    if source is None:
        known = "; ".join(f"{source.name}: {source.layout}" for source in SOURCES)
        raise DataError(f"{where}: no data set of a known layout is there. Known: {known}")
    dataset: Dataset = source.open(where, split, white_level)
    if margin < 0 or (frames is not None and frames < 1):
        raise DataError(f"margin {margin} px and {frames} frames: the margin is at least 0, the frames at least 1")
    if margin:
        dataset = FieldOfInterest(dataset, margin)
    names = list(dataset.frames)
    if frames is not None and frames < len(names):
        spread = np.linspace(0, len(names) - 1, frames).round().astype(int)
        names = [names[index] for index in spread]
    selection = Selection(dataset, names)
    if selection.smallest_side < smallest_side:
        raise DataError(
            f"{dataset.title}: a frame is only {selection.smallest_side} px on its shorter side and patches need "
            f"{smallest_side} px; leave such frames out, or use a smaller margin"
        )
    return selection
