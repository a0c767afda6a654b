"""What became of each cell of a patch: found, or lost in one of several ways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from robustbench_cells.instances.matching import holds_true, lies_in_true, matched_pairs
from robustbench_cells.instances.overlaps import Ints, Overlaps
from robustbench_cells.types import Masks


class Fate(StrEnum):
    """What became of a cell, true or predicted.

    FOUND: it matches one to one, at an IoU of 0.5 or more. Of the others, MISSED (a true one) and INVENTED (a predicted
    one) belong to none of the other side: neither holds over half of the other. MERGED: it belongs to a predicted cell
    that holds the larger part of several true ones. SPLIT: it belongs to a true cell that holds the larger part of
    several predicted ones. POOR_OUTLINE: it belongs to one, with an IoU below 0.5.
    """

    FOUND = "found"
    POOR_OUTLINE = "poor outline"
    MERGED = "merged"
    SPLIT = "split"
    MISSED = "missed"
    INVENTED = "invented"


@dataclass(frozen=True, eq=False)
class CellFates:
    """Fates of the cells of one patch; T true cells, P predicted ones, in the order of their ids in `Overlaps`.

    Attributes
    ----------
    true, predicted
        Fate of each, (T,) and (P,).
    partner_of_true, partner_of_predicted
        Number of the pair with its match, or else with the largest IoU; -1 where it meets no other cell. (T,) and (P,).
    """

    true: tuple[Fate, ...]
    predicted: tuple[Fate, ...]
    partner_of_true: Ints
    partner_of_predicted: Ints


def find_fates(overlaps: Overlaps) -> CellFates:
    """Tell what became of each cell of a patch."""
    matched = np.zeros(len(overlaps.shared), bool)
    matched[matched_pairs(overlaps)] = True
    holds, lies = holds_true(overlaps), lies_in_true(overlaps)
    merging = np.bincount(overlaps.of_predicted[holds], minlength=len(overlaps.predicted_ids)) > 1
    cut = np.bincount(overlaps.of_true[lies], minlength=len(overlaps.true_ids)) > 1
    merges, splits = holds & merging[overlaps.of_predicted], lies & cut[overlaps.of_true]
    sides = ((overlaps.of_true, len(overlaps.true_ids)), (overlaps.of_predicted, len(overlaps.predicted_ids)))
    true, predicted = (
        _name([_touched(of, count, pairs) for pairs in (matched, merges, splits, holds | lies)], alone)
        for (of, count), alone in zip(sides, (Fate.MISSED, Fate.INVENTED), strict=True)
    )
    partners = [_partners(of, count, overlaps.iou + 2 * matched) for of, count in sides]
    return CellFates(true, predicted, *partners)


def _touched(of: Ints, count: int, pairs: Masks) -> Masks:
    """Which of so many cells are in one of these pairs."""
    return np.bincount(of[pairs], minlength=count) > 0


def _name(kinds: list[Masks], alone: Fate) -> tuple[Fate, ...]:
    """The first kind that each cell is of; ``alone`` if none."""
    names = (Fate.FOUND, Fate.MERGED, Fate.SPLIT, Fate.POOR_OUTLINE)
    return tuple(
        next((name for name, is_one in zip(names, cell, strict=True) if is_one), alone)
        for cell in zip(*kinds, strict=True)
    )


def _partners(of: Ints, count: int, worth: npt.NDArray[np.float64]) -> Ints:
    """The pair of most worth of each cell; -1 where it has none."""
    best = np.full(count, -1)
    order = np.argsort(worth, kind="stable")
    best[of[order]] = order  # the last one that is written stays
    return best
