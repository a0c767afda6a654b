"""Some frames of a data set, read once, validated and fingerprinted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
