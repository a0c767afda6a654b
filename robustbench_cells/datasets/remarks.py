"""What is odd about the frames of a data set, reported once for all."""

from __future__ import annotations

import warnings
from collections import defaultdict

import cv2
import numpy as np

from robustbench_cells.errors import DataWarning
from robustbench_cells.types import Labels, Remark, Sample

_HALF = 0.5  # share of a frame that one cell hardly fills
_PIECES = 3  # per label, from which labels are rather classes
_FEW_PIECES = 10

ONE_LARGE_CELL = Remark(
    "one cell covers more than half of the frame; if it is the background, invert the mask (0 is background), else "
    "ignore this warning"
)
MANY_PIECES = Remark(
    "each label has many separate pieces; if labels are classes (such as cell and border) rather than cells, save a "
    "binary mask or one id per cell, else touching cells and counts of cells are wrong"
)


class Remarks:
    """Remarks of readers, and on labels, by their text."""

    def __init__(self) -> None:
        self._frames: dict[str, list[str]] = defaultdict(list)
        self._pixels: dict[str, int] = defaultdict(int)
        self._count = 0

    def add(self, sample: Sample) -> None:
        """Include one frame."""
        self._count += 1
        for remark in (*sample.remarks, *_inspect_labels(sample.labels)):
            self._frames[remark.text].append(sample.frame)
            self._pixels[remark.text] += remark.pixels

    def warn(self, title: str) -> None:
        """Issue a `DataWarning` for each remark; ``title`` names the data set."""
        for text, frames in self._frames.items():
            words = text.replace("{pixels}", str(self._pixels[text]))
            warnings.warn(
                f"{title}: in {len(frames)} of {self._count} frames (first: {frames[0]}), {words}",
                DataWarning,
                stacklevel=4,
            )


def _inspect_labels(labels: Labels) -> list[Remark]:
    areas = np.bincount(np.maximum(labels, 0).ravel())[1:]
    found = []
    if areas.size and areas.max() > _HALF * labels.size:
        found.append(ONE_LARGE_CELL)
    pieces = cv2.connectedComponents((labels > 0).astype(np.uint8), connectivity=8)[0] - 1
    if pieces >= max(_FEW_PIECES, _PIECES * int(np.count_nonzero(areas))):
        found.append(MANY_PIECES)
    return found
