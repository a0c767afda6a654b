"""What is odd about the frames of a data set, reported once for all."""

from __future__ import annotations

import warnings
from collections import defaultdict
from hashlib import sha256

import cv2
import numpy as np

from robustbench_cells.errors import DataWarning
from robustbench_cells.types import Labels, Remark, Sample

_HALF = 0.5  # share of a frame that one cell hardly fills
_PIECES = 3  # per label, from which labels are rather no cells
_FEW_PIECES = 10

ONE_LARGE_CELL = Remark(
    "one cell covers more than half of the frame. If it is the background, invert the mask (0 is background); if it is "
    "many cells that touch in a binary mask, save one id per cell"
)
MANY_PIECES = Remark(
    "labels have many separate pieces each, so they are hardly cells. If they are classes (such as cell and border), "
    "or a binary mask was smoothed or resized into several values, save a binary mask or one id per cell"
)
COPY = Remark(
    "image and labels are those of an earlier frame. Copies count as frames of their own, which makes intervals too "
    "narrow; leave them out"
)
SAME_IMAGE = Remark("the image is that of an earlier frame, but the labels are not; check the files")
SAME_LABELS = Remark("labels are those of an earlier frame with another image; check that each image has its own mask")
OWN_MASK = Remark("the image is 0 wherever its mask is and nowhere else, as if it was the mask; give the image itself")


class Remarks:
    """Remarks of readers, and on labels, by their text."""

    def __init__(self) -> None:
        self._frames: dict[str, list[str]] = defaultdict(list)
        self._pixels: dict[str, int] = defaultdict(int)
        self._count = 0
        self._seen: tuple[set[bytes], set[bytes], set[bytes]] = (set(), set(), set())  # images, labels, both

    def add(self, sample: Sample) -> None:
        """Include one frame."""
        self._count += 1
        for remark in (*sample.remarks, *_inspect_labels(sample.labels), *self._inspect_copies(sample)):
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

    def _inspect_copies(self, sample: Sample) -> list[Remark]:
        """Compare a frame with those before it, and its image with its labels; empty ones may be equal."""
        image, labels = (sha256(np.ascontiguousarray(array).data).digest() for array in (sample.image, sample.labels))
        found = []
        images, masks, pairs = self._seen
        has_content, has_cells = np.ptp(sample.image) > 0, sample.labels.max() > 0
        if image + labels in pairs and has_content:
            found.append(COPY)
        elif image in images and has_content:
            found.append(SAME_IMAGE)
        elif labels in masks and has_cells:
            found.append(SAME_LABELS)
        if has_cells and has_content and np.array_equal(sample.image > 0, sample.labels > 0):
            found.append(OWN_MASK)
        for one, seen in zip((image, labels, image + labels), self._seen, strict=True):
            seen.add(one)
        return found


def _inspect_labels(labels: Labels) -> list[Remark]:
    cells, found = np.maximum(labels, 0), []
    half = _HALF * cells.size
    if np.count_nonzero(cells) > half and np.bincount(cells.ravel())[1:].max() > half:
        found.append(ONE_LARGE_CELL)
    labelled, touching = int(cells.max()), cv2.connectedComponents((cells > 0).astype(np.uint8))[0] - 1
    if touching != labelled and _count_pieces(cells) >= max(_PIECES * labelled, labelled + _FEW_PIECES):
        found.append(MANY_PIECES)
    return found


def _count_pieces(labels: Labels) -> int:
    """Count 4-connected regions of equal labels, as those of a grid whose lines join equal neighbours."""
    height, width = labels.shape
    grid = np.zeros((2 * height - 1, 2 * width - 1), np.uint8)
    grid[::2, ::2] = labels > 0
    grid[::2, 1::2] = (labels[:, 1:] == labels[:, :-1]) & (labels[:, 1:] > 0)
    grid[1::2, ::2] = (labels[1:] == labels[:-1]) & (labels[1:] > 0)
    return int(cv2.connectedComponents(grid, connectivity=4)[0]) - 1
