"""The frames of a data set that a run uses: read once, validated and fingerprinted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from robustbench_cells.datasets.remarks import Remarks
from robustbench_cells.datasets.swap_check import SwapCheck
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset, Sample

_CACHE_BYTES = 256 * 2**20  # about 80 frames of 720×576


@dataclass(frozen=True)
class FieldOfInterest:
    """A data set cropped by ``margin`` pixels on each side, where annotators left cells unlabelled.

    Labels are computed on the whole frame first, so a cell cut by the margin keeps its id.
    """

    whole: Dataset
    margin: int

    @property
    def key(self) -> str:
        """Key of the whole data set and the margin, which changes the patches."""
        return f"{self.whole.key}/margin={self.margin}"

    @property
    def title(self) -> str:
        """Description for readers."""
        return f"{self.whole.title}, field of interest {self.margin} px inside the border"

    @property
    def frames(self) -> Sequence[str]:
        """Names of the frames, in order."""
        return self.whole.frames

    @property
    def sequence(self) -> bool:
        """Whether the frames follow one another in time."""
        return self.whole.sequence

    def read(self, frame: str) -> Sample:
        """Read one frame, cropped (see `Dataset.read`)."""
        sample = self.whole.read(frame)
        if min(sample.image.shape) <= 2 * self.margin:
            raise DataError(
                f"{self.whole.title}: a margin of {self.margin} px leaves nothing of frame {frame}; use a smaller one"
            )
        inside = (slice(self.margin, -self.margin),) * 2
        return replace(sample, dataset=self.key, image=sample.image[inside], labels=sample.labels[inside])


class Selection:
    """Frames of a data set, all read and fingerprinted on creation; as many as fit stay in memory.

    Reading them before the run makes a damaged file fail immediately rather than hours later. The first frames are
    cached and never evicted: a run iterates over all frames in order, once per condition.

    Attributes
    ----------
    key, title, frames, sequence
        See `Dataset`.
    positions
        Index of each frame in the whole data set.
    shapes
        Shape of each frame, (H, W).
    digests
        Digest of each frame's name, pixels and labels.
    fingerprint
        Digest of all frames together.
    """

    def __init__(self, dataset: Dataset, frames: Sequence[str]) -> None:
        self.key = dataset.key
        self.frames = tuple(frames)
        self.sequence = dataset.sequence
        self.positions = [list(dataset.frames).index(frame) for frame in self.frames]
        total = len(dataset.frames)
        self.title = f"{dataset.title}, {len(frames) if len(frames) == total else f'{len(frames)} of {total}'} frames"
        self._dataset = dataset
        self._cached: dict[str, Sample] = {}
        digest = hashlib.sha256(dataset.key.encode())
        self.digests: dict[str, str] = {}
        self.shapes: dict[str, tuple[int, int]] = {}
        room, swap_check, remarks = _CACHE_BYTES, SwapCheck(), Remarks()
        for frame in self.frames:
            sample = self.read(frame)
            swap_check.add(sample)
            remarks.add(sample)
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
                self._cached[frame] = sample
        swap_check.check(self.title)
        remarks.warn(self.title)
        self.fingerprint = digest.hexdigest()

    def read(self, frame: str) -> Sample:
        """Read one frame (see `Dataset.read`); its arrays are read-only, since all conditions share them."""
        if frame in self._cached:
            return self._cached[frame]
        sample = self._dataset.read(frame)
        sample.image.flags.writeable = sample.labels.flags.writeable = False
        return sample

    def require_side(self, side: int, purpose: str, remedy: str) -> None:
        """Raise a `DataError` if any frame is smaller than ``side`` pixels on its shorter side."""
        frame, shape = min(self.shapes.items(), key=lambda pair: min(pair[1]))
        if min(shape) < side:
            raise DataError(
                f"{self.title}: frame {frame} is only {min(shape)} px on its shorter side, but {purpose} needs "
                f"{side} px; {remedy}"
            )
