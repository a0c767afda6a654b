"""A name or a folder into the frames that a run uses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robustbench_cells.datasets.sources._base import SOURCES
from robustbench_cells.datasets.swap_check import Impression
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset, Sample

_BYTES_KEPT = 256 * 2**20  # about 80 frames of 720×576, however many there are


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

    @property
    def sequence(self) -> bool:
        """Whether they follow one another in time."""
        return self.whole.sequence

    def read(self, frame: str) -> Sample:
        """The frame of that name, cropped."""
        sample = self.whole.read(frame)
        if min(sample.image.shape) <= 2 * self.margin:
            raise DataError(f"{self.whole.title}: a margin of {self.margin} px leaves nothing of frame {frame}")
        inside = (slice(self.margin, -self.margin),) * 2
        return Sample(self.key, frame, sample.image[inside], sample.labels[inside])


class Selection:
    """Some frames of a data set, all of them read once and fingerprinted, as many as fit kept in memory.

    Reading them all before the run is what makes a broken file fail at once rather than hours later. Those kept are the
    first, never put out again: a run goes through the frames in order, once a condition.

    Attributes
    ----------
    key, title, frames, sequence
        See `Dataset`.
    positions
        Of the frames among all of the data set.
    shapes, digests
        Of each frame: (H, W), and a digest of its name, pixels and labels.
    fingerprint
        A digest of all of them together.
    """

    def __init__(self, dataset: Dataset, frames: Sequence[str]) -> None:
        self.key = dataset.key
        self.frames = tuple(frames)
        self.sequence = dataset.sequence
        self.positions = [list(dataset.frames).index(frame) for frame in self.frames]
        every = len(dataset.frames)
        self.title = f"{dataset.title}, {len(frames) if len(frames) == every else f'{len(frames)} of {every}'} frames"
        self._dataset = dataset
        self._kept: dict[str, Sample] = {}
        digest = hashlib.sha256(dataset.key.encode())
        self.digests: dict[str, str] = {}
        self.shapes: dict[str, tuple[int, int]] = {}
        room, impression = _BYTES_KEPT, Impression()
        for frame in self.frames:
            sample = self.read(frame)
            impression.add(sample)
            self.shapes[frame] = (sample.image.shape[0], sample.image.shape[1])
            pixels = [np.ascontiguousarray(array).tobytes() for array in (sample.image, sample.labels)]
            head = f"{frame}{sample.image.shape}".encode()
            digest.update(head)
            own = hashlib.sha256(head)
            for part in pixels:
                digest.update(part)
                own.update(part)
                room -= len(part)
            self.digests[frame] = own.hexdigest()
            if room >= 0:
                self._kept[frame] = sample
        impression.check(self.title)
        self.fingerprint = digest.hexdigest()

    def read(self, frame: str) -> Sample:
        """The frame of that name (see `Dataset.read`); its arrays are read-only, since every condition sees them."""
        if frame in self._kept:
            return self._kept[frame]
        sample = self._dataset.read(frame)
        sample.image.flags.writeable = sample.labels.flags.writeable = False
        return sample

    def require_side(self, side: int, purpose: str, remedy: str) -> None:
        """Raise a `DataError` if any frame is smaller than ``side`` pixels on its shorter side."""
        frame, shape = min(self.shapes.items(), key=lambda pair: min(pair[1]))
        if min(shape) < side:
            raise DataError(
                f"{self.title}: frame {frame} is only {min(shape)} px on its shorter side and {purpose} needs "
                f"{side} px; {remedy}"
            )


def open_dataset(
    where: str,
    split: str | None = None,
    *,
    margin: int = 0,
    frames: int | None = None,
    white_level: int | None = None,
) -> Selection:
    """Open a data set, and read and check every frame that will be used.

    Parameters
    ----------
    where
        ``synthetic``, or files or a folder of a layout that `robustbench_cells list` shows.
    split
        The kind's own default if not given.
    margin
        Field of interest: pixels that are cut off each side of a frame.
    frames
        Use this many frames, evenly spread over the data set; all if not given or if there are fewer.
    white_level
        The value of a 16-bit file that is white; 8-bit files need none.

    Raises
    ------
    DataError
        If there is no such data set, or a file is not usable.
    """
    for value, least, what in ((margin, 0, "margin in px"), (frames, 1, "frames"), (white_level, 1, "white level")):
        if value is not None and value < least:
            raise DataError(f"{what}: {value} is too small; it is at least {least}")
    source = next((source for source in SOURCES if source.recognises(where)), None)
    if source is None and not any(Path(part).exists() for part in {where, where.rpartition(":")[0]} - {""}):
        names = [source.name for source in SOURCES if source.recognises(source.name)]
        raise DataError(f"{where}: no such folder or file, and no embedded data set of that name ({', '.join(names)})")
    if source is None:
        known = "; ".join(f"{source.name}: {source.layout}" for source in SOURCES)
        raise DataError(f"{where}: no data set of a known layout is there. Known: {known}")
    dataset: Dataset = source.open(where, split, white_level)
    if margin:
        dataset = FieldOfInterest(dataset, margin)
    names = list(dataset.frames)
    if frames is not None and frames < len(names):
        spread = np.linspace(0, len(names) - 1, frames).round().astype(int)
        names = [names[index] for index in spread]
    return Selection(dataset, names)
