"""What goes wrong with cells: merged, split, missed, invented. Truth and prediction swapped, the pairs swap, too.

A predicted and a true cell belong together if either holds the larger part, over half of the pixels, of the other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from robustbench_cells.instances.matching import count_merged, count_missed
from robustbench_cells.metrics._base import METRICS, Comparison, Metric, PooledRatio
from robustbench_cells.types import Ratio, ScoreRange

Scores = npt.NDArray[np.float64]


class _Lost(Metric):
    version = 1
    pooled = "sum"
    best = "lowest"
    range = ScoreRange(low=0.0)
    group = "instances"


@METRICS.register
class Merged(_Lost):
    """Cells lost by merging: a predicted cell that holds the larger part of n true ones counts n - 1."""

    name = "merged"

    def score(self, comparison: Comparison) -> Scores:
        """Sum over the predicted cells of each patch."""
        return np.array([count_merged(one) for one in comparison.overlaps], float)


@METRICS.register
class Split(_Lost):
    """Cells made by splitting: a true cell that holds the larger part of n predicted ones counts n - 1."""

    name = "split"

    def score(self, comparison: Comparison) -> Scores:
        """Sum over the true cells of each patch."""
        return np.array([count_merged(one.swapped) for one in comparison.overlaps], float)


@METRICS.register
class Missed(_Lost):
    """True cells without a predicted one: none holds over half of theirs, and over half of none lies in them."""

    name = "missed"

    def score(self, comparison: Comparison) -> Scores:
        """Count the true cells of each patch that nothing belongs to."""
        return np.array([count_missed(one) for one in comparison.overlaps], float)


@METRICS.register
class Invented(_Lost):
    """Predicted cells without a true one: none holds over half of theirs, and over half of none lies in them."""

    name = "invented"

    def score(self, comparison: Comparison) -> Scores:
        """Count the predicted cells of each patch that nothing belongs to."""
        return np.array([count_missed(one.swapped) for one in comparison.overlaps], float)


@METRICS.register
class CountError(PooledRatio):
    """Sum over the patches of the error of their cell count, |P - T|, by the number of true cells."""

    name = "count_error"
    version = 1
    best = "lowest"
    range = ScoreRange(low=0.0)
    group = "instances"
    ratios = (Ratio({"count_difference": 1}, {"instances_true": 1}),)
