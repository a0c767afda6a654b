"""What the labels of a data set say of its cells: whether they have ids, and how many touch."""

from __future__ import annotations

import warnings
from typing import Literal

import cv2
import numpy as np

from robustbench_cells.errors import DataWarning
from robustbench_cells.types import Labels, Sample

Instances = Literal["ids", "components", "mixed"]


class CellIds:
    """Counts over the frames of a data set.

    Attributes
    ----------
    cells
        Number of cells of all frames together.
    touching
        Number of those that touch another, by an edge or a corner of a pixel.
    """

    def __init__(self) -> None:
        self.cells = self.touching = 0
        self._with_ids = 0
        self._in_pieces: list[str] = []

    def add(self, sample: Sample) -> None:
        """Include one frame."""
        cells = len(np.unique(sample.labels[sample.labels > 0]))
        self.cells += cells
        if sample.by_components:
            self._in_pieces += [sample.frame] if cells > 1 else []
        else:
            self._with_ids += 1
            self.touching += _count_touching(sample.labels)

    @property
    def instances(self) -> Instances:
        """Whether cells are the ids of masks, the components of masks without ids, or some of both."""
        if not self._with_ids:
            return "components"
        return "mixed" if self._in_pieces else "ids"

    @property
    def touching_share(self) -> float:
        """Share of the cells that touch another; a data set without any is refused."""
        return self.touching / self.cells

    def warn(self, title: str) -> None:
        """Issue a `DataWarning` where some masks have ids and others a single value in several pieces."""
        if self.instances == "mixed":
            warnings.warn(
                f"{title}: {len(self._in_pieces)} masks (first: frame {self._in_pieces[0]}) have a single value in "
                "several pieces, which count as cells, and others have an id per cell. If one cell is in pieces there, "
                "that is too many; if cells touch there, too few: save an id per cell in every mask",
                DataWarning,
                stacklevel=4,
            )


def _count_touching(labels: Labels) -> int:
    """Count the cells with a pixel beside one of another cell, diagonals included."""
    cells = np.maximum(labels, 0).astype(np.float32)  # exact below 2^24
    around = np.ones((3, 3), np.uint8)
    highest = cv2.dilate(cells, around)
    lowest = cv2.erode(np.where(cells > 0, cells, np.float32(np.inf)), around)
    return len(np.unique(labels[(labels > 0) & ((highest > cells) | (lowest < cells))]))
