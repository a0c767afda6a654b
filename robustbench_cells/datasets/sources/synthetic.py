"""The built-in synthetic data sets: procedural phase-contrast frames, drawn from a seed without any file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.datasets.synthetic_frames import draw_frame
from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator
from robustbench_cells.types import Dataset, Image, Labels, Sample

_FRAMES = {"train": 60, "validation": 12, "test": 8}


@SOURCES.register
class Synthetic(DatasetSource):
    """Frames that imitate phase contrast of stem cells; every report calls them synthetic. No two labels touch.

    Spindle-shaped cells with thin processes, in loose clusters; flat, faint cells; round, dividing cells; dark halos;
    debris and bubbles; uneven background; camera noise. Tuned against the reference set's train split
    (`python -m robustbench_cells describe synthetic FOLDER --split train` compares the two).
    """

    name = "synthetic"
    layout = "no files: given by the name 'synthetic'"
    splits = ", ".join(f"{split} ({count} frames)" for split, count in _FRAMES.items())
    parted = True  # whether the labels of cells that touch are

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        return where == self.name

    def open(
        self,
        where: str,
        split: str | None,
        white_level: int | None,
        ignore_label: int | None = None,
        channel: Channel | None = None,
    ) -> Dataset:
        """See `DatasetSource.open`."""
        return SyntheticFrames.of(split, channel, parted=self.parted)


@SOURCES.register
class SyntheticTouching(Synthetic):
    """The images of `synthetic` with other labels: cells that touch are not parted, and each has its id.

    For scores of cells: a model that merges what touches loses nothing by pixels. Where a later cell covers the middle
    of an earlier one, that one is in two pieces of one id.
    """

    name = "synthetic_touching"
    layout = "no files: given by the name 'synthetic_touching'"
    parted = False


@dataclass(frozen=True)
class SyntheticFrames:
    """A split of the synthetic data sets (see `Dataset`), with cells parted or touching."""

    key: str
    title: str
    frames: tuple[str, ...]
    split: str
    parted: bool
    sequence: bool = False

    @classmethod
    def of(cls, split: str | None, channel: Channel | None, *, parted: bool) -> SyntheticFrames:
        """The frames of a split, ``test`` if none is named."""
        if channel is not None:
            channel.find_without_names("synthetic")
        split = split or "test"
        if split not in _FRAMES:
            raise DataError(f"synthetic: has no split {split!r}; available: {', '.join(_FRAMES)}")
        names = tuple(f"{number:03d}" for number in range(_FRAMES[split]))
        if parted:
            return cls(f"synthetic/{split}", f"synthetic, split {split}", names, split, parted)
        return cls(f"synthetic_touching/{split}", f"synthetic, cells that touch, split {split}", names, split, parted)

    def read(self, frame: str) -> Sample:
        """Draw a frame, with the same pixels every time (see `Dataset.read`)."""
        image, labels, touching = _drawn(self.split, frame)
        return Sample(self.key, frame, image.copy(), (labels if self.parted else touching).copy())


@lru_cache(maxsize=_FRAMES["test"])  # a run reads each frame for its fingerprint and again for its patches
def _drawn(split: str, frame: str) -> tuple[Image, Labels, Labels]:
    return draw_frame(generator("synthetic", 2, f"synthetic/{split}", frame))
