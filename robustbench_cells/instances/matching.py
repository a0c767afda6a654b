"""Which predicted cell is which true one: pairs by their intersection over union (IoU), and by their larger parts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from robustbench_cells.instances.overlaps import Ints, Overlaps
from robustbench_cells.types import Masks

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)  # of the IoU


def matched_pairs(overlaps: Overlaps) -> Ints:
    """Match true and predicted cells one to one at an IoU of 0.5 or more.

    As many pairs as possible, then with the largest sum of IoU (Kuhn 1955; `scipy.optimize.linear_sum_assignment`), as
    StarDist does. Above 0.5 a cell has no more than one partner, so that the matching at a higher threshold is those of
    these pairs that reach it.

    Returns
    -------
    numpy.ndarray
        Numbers of the pairs that match, of those in `overlaps`, (M,).
    """
    from scipy.optimize import linear_sum_assignment

    candidates = np.flatnonzero(overlaps.iou >= THRESHOLDS[0])
    rows, row = np.unique(overlaps.of_true[candidates], return_inverse=True)
    columns, column = np.unique(overlaps.of_predicted[candidates], return_inverse=True)
    number = np.full((len(rows), len(columns)), -1)
    number[row, column] = candidates
    gain = np.zeros(number.shape)
    gain[row, column] = 1 + overlaps.iou[candidates] / (2 * max(1, len(candidates)))
    chosen = number[linear_sum_assignment(gain, maximize=True)]
    return np.sort(chosen[chosen >= 0])


def holds_true(overlaps: Overlaps) -> Masks:
    """In which pairs the predicted cell holds the larger part of the true one: over half of its pixels, (K,)."""
    return 2 * overlaps.shared > overlaps.true_areas[overlaps.of_true]


def lies_in_true(overlaps: Overlaps) -> Masks:
    """In which pairs the larger part of the predicted cell lies in the true one, (K,)."""
    return holds_true(overlaps.swapped)


def count_merged(overlaps: Overlaps) -> int:
    """Cells that merging loses: a predicted cell that holds the larger part of n true ones counts n - 1."""
    held: npt.NDArray[np.int64] = np.bincount(overlaps.of_predicted[holds_true(overlaps)])
    return int(np.maximum(held - 1, 0).sum())


def count_missed(overlaps: Overlaps) -> int:
    """True cells without a predicted one: none holds their larger part, and no larger part of one lies in them."""
    linked = holds_true(overlaps) | lies_in_true(overlaps)
    return len(overlaps.true_ids) - len(np.unique(overlaps.of_true[linked]))
