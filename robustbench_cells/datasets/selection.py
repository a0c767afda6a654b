"""The frames of a data set that a run uses: read once, validated and fingerprinted."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from robustbench_cells.datasets.cell_ids import CellIds
from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.measured_axes import MeasuredAxis
from robustbench_cells.datasets.measured_images import MeasuredImages
from robustbench_cells.datasets.remarks import Remarks
from robustbench_cells.datasets.swap_check import SwapCheck
from robustbench_cells.errors import DataError, DataWarning
from robustbench_cells.printable import is_printable, printable
from robustbench_cells.types import PATCH_SIDE, Dataset, Sample

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
        if min(sample.labels.shape) <= 2 * self.margin:
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
    ignore_label
        Value of the mask pixels that are not scored, if one was named.
    channel
        Channel of the images that was asked for, if any was; ``all`` for several.
    channels
        Names of the channels of the images, (H, W, C), in their order; empty where images are grey, (H, W).
    void
        Share of the pixels of each frame that are not scored, for frames with any.
    cells
        What its labels say of its cells.
    """

    def __init__(
        self,
        dataset: Dataset,
        frames: Sequence[str],
        ignore_label: int | None = None,
        measured: MeasuredImages | None = None,
        channel: Channel | None = None,
    ) -> None:
        self.key = dataset.key
        self.frames = tuple(frames)
        for name in (self.key, *self.frames):
            if not is_printable(name):
                raise DataError(
                    f"{dataset.title}: {name!r} has control characters, which could act in a terminal or "
                    "hide in a table; rename the file, or the folder of the split"
                )
        self.sequence = dataset.sequence
        self.positions = [list(dataset.frames).index(frame) for frame in self.frames]
        total = len(dataset.frames)
        self.title = (
            f"{printable(dataset.title)}, {len(frames) if len(frames) == total else f'{len(frames)} of {total}'} frames"
        )
        self.ignore_label = ignore_label
        self.channel = channel.text if channel else None
        self.channels = channel.names if channel else ()
        self._channel = channel
        self._dataset = dataset
        self._measured = measured
        self._cached: dict[str, Sample] = {}
        digest = hashlib.sha256(dataset.key.encode())
        self.digests: dict[str, str] = {}
        self.shapes: dict[str, tuple[int, int]] = {}
        self.void: dict[str, float] = {}
        self.cells = CellIds()
        room, swap_check, remarks = _CACHE_BYTES, SwapCheck(), Remarks()
        for frame in self.frames:
            sample = self.read(frame)
            swap_check.add(sample)
            remarks.add(sample)
            self.cells.add(sample)
            self.shapes[frame] = (sample.image.shape[0], sample.image.shape[1])
            if share := float(np.mean(sample.labels < 0)):
                self.void[frame] = share
            if share == 1:
                raise DataError(f"{self.title}: no pixel of frame {frame} is scored; leave the frame out")
            pixels = [np.ascontiguousarray(array).data for array in (sample.image, sample.labels)]
            head = f"{frame}{sample.image.shape}".encode()
            digest.update(head)
            own = hashlib.sha256(head)
            for part in pixels:
                digest.update(part)
                own.update(part)
                room -= part.nbytes
            self.digests[frame] = own.hexdigest()
            if measured:
                measured.verify(sample, self.digests[frame])
            if room >= 0:
                self._cached[frame] = sample
        swap_check.check(self.title)
        self._complete_title()
        remarks.warn(self.title)
        self.cells.warn(self.title)
        if measured:
            measured.warn(self.title)
        self.fingerprint = digest.hexdigest()

    def read(self, frame: str) -> Sample:
        """Read one frame (see `Dataset.read`); its arrays are read-only, since all conditions share them."""
        if frame in self._cached:
            return self._cached[frame]
        sample = self._dataset.read(frame)
        sample.image.flags.writeable = sample.labels.flags.writeable = False
        return sample

    @property
    def measured_axes(self) -> Sequence[MeasuredAxis]:
        """Axes whose images the data set has, taken under worse settings."""
        return self._measured.axes if self._measured else ()

    @property
    def measured(self) -> Mapping[str, Sequence[float]]:
        """See `MeasuredDataset`."""
        return self._measured.values if self._measured else {}

    def read_measured(self, frame: str, axis: str, value: float) -> Sample:
        """See `MeasuredDataset.read_measured`; the arrays are read-only."""
        if self._measured is None:
            raise DataError(f"{self.title}: has no measured images")
        return self._measured.read(self.read(frame), axis, value)

    def digests_under(self, artefact: str, intensity: float) -> Mapping[str, str]:
        """Digest of each frame as a condition takes it: with the measured image under a measured one."""
        return self._measured.digests[artefact, intensity] if artefact in self.measured else self.digests  # type: ignore[union-attr]

    def measured_version(self, axis: str) -> int:
        """Number that stands for the content of the images of a measured axis."""
        return self._measured.version(axis) if self._measured else 0

    @property
    def void_share(self) -> float:
        """Share of all pixels that are not scored."""
        areas = {frame: height * width for frame, (height, width) in self.shapes.items()}
        return sum(self.void[frame] * areas[frame] for frame in self.void) / sum(areas.values())

    @property
    def smaller_than_patch(self) -> int:
        """Number of frames that do not hold a whole patch."""
        return sum(min(shape) < PATCH_SIDE for shape in self.shapes.values())

    def _complete_title(self) -> None:
        """Say in the title what is padded or not scored; a label to ignore that no mask has may be a mistake."""
        if self._channel is not None:
            self.title += f", {self._channel.title}"
        named = "" if self.ignore_label is None else f" (ignore label {self.ignore_label})"
        if self.smaller_than_patch:
            self.title += f", {self.smaller_than_patch} of them under {PATCH_SIDE} px, which patches pad by reflection"
        if self.void:
            self.title += f", {self.void_share:.2%} of the pixels not scored{named}"
        elif named:
            warnings.warn(
                f"{self.title}: no mask has the ignore label {self.ignore_label}, so every pixel is scored; check the "
                "value",
                DataWarning,
                stacklevel=4,
            )

    def require_side(self, side: int, purpose: str, remedy: str) -> None:
        """Raise a `DataError` if any frame is smaller than ``side`` pixels on its shorter side."""
        frame, shape = min(self.shapes.items(), key=lambda pair: min(pair[1]))
        if min(shape) < side:
            raise DataError(
                f"{self.title}: frame {frame} is only {min(shape)} px on its shorter side, but {purpose} needs "
                f"{side} px; {remedy}"
            )
