"""How the true and the predicted cells of a patch overlap: one sparse table, which every instance score starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from robustbench_cells.types import Labels, Masks

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Overlaps of the cells of one patch; T true cells, P predicted ones, and K pairs that share a pixel.

    Attributes
    ----------
    true_ids, predicted_ids
        Ids of the cells, ascending, (T,) and (P,).
    true_areas, predicted_areas
        Their scored pixels, (T,) and (P,).
    of_true, of_predicted
        The two cells of each pair, as places in those arrays, (K,).
    shared
        Pixels that the two share, (K,).
    """

    true_ids: Ints
    predicted_ids: Ints
    true_areas: Ints
    predicted_areas: Ints
    of_true: Ints
    of_predicted: Ints
    shared: Ints

    @cached_property
    def iou(self) -> npt.NDArray[np.float64]:
        """Intersection over union of each pair, (K,)."""
        return self.shared / (self.true_areas[self.of_true] + self.predicted_areas[self.of_predicted] - self.shared)

    @property
    def swapped(self) -> Overlaps:
        """The same with truth and prediction swapped."""
        return Overlaps(
            self.predicted_ids,
            self.true_ids,
            self.predicted_areas,
            self.true_areas,
            self.of_predicted,
            self.of_true,
            self.shared,
        )


def find_overlaps(truth: Labels, prediction: Labels) -> Overlaps:
    """Count the pixels of each cell of a patch, and those that a true and a predicted one share.

    An id is one cell, be it in several pieces. Ids may be any positive numbers: what is counted are runs of equal
    pixels along the rows, of which there are few, so that large ids cost no more.

    Parameters
    ----------
    truth, prediction
        Ids, (H, W); background is 0 or less.
    """
    true, predicted = truth.ravel(), prediction.ravel()
    ends = np.flatnonzero((true[1:] != true[:-1]) | (predicted[1:] != predicted[:-1])) + 1
    starts = np.concatenate([[0], ends])
    lengths = np.diff(starts, append=true.size)
    true, predicted = true[starts], predicted[starts]
    true_ids, true_areas, of_true = _count(true, lengths)
    predicted_ids, predicted_areas, of_predicted = _count(predicted, lengths)
    both = (true > 0) & (predicted > 0)
    pairs, shared, _ = _count(1 + of_true * len(predicted_ids) + of_predicted, lengths, both)
    row, column = np.divmod(pairs - 1, max(1, len(predicted_ids)))
    return Overlaps(true_ids, predicted_ids, true_areas, predicted_areas, row, column, shared)


def _count(ids: npt.NDArray[np.integer], lengths: Ints, where: Masks | None = None) -> tuple[Ints, Ints, Ints]:
    """The positive ids, ascending, the pixels of each, and the place of each run's id among them (0 for background)."""
    where = ids > 0 if where is None else where
    found, places = np.unique(ids[where], return_inverse=True)
    of_run = np.zeros(len(ids), np.int64)
    of_run[where] = places
    areas = np.bincount(places, weights=lengths[where], minlength=len(found)).astype(np.int64)
    return found.astype(np.int64), areas, of_run
