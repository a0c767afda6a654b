"""Scores of outlines: the pixels of cells beside another cell or the background (`find_outlines`).

The outline between touching cells counts, so that merging them costs here as well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from robustbench_cells.metrics._base import METRICS, Comparison, Metric, PooledRatio
from robustbench_cells.types import Ratio, ScoreRange

Scores = npt.NDArray[np.float64]

TOLERANCE = 2.0  # px


class _Pixels(Metric):
    version = 1
    pooled = "sum"
    best = "nearest"
    target = "outline_true"
    range = ScoreRange(low=0.0)
    group = "instances"
    is_part = True


@METRICS.register
class OutlineTrue(_Pixels):
    """Pixels of the true outlines."""

    name = "outline_true"

    def score(self, comparison: Comparison) -> Scores:
        """Count the pixels of each patch."""
        return np.array([len(true) for true, _ in comparison.outline_distances], float)


@METRICS.register
class OutlinePredicted(_Pixels):
    """Pixels of the predicted outlines."""

    name = "outline_predicted"

    def score(self, comparison: Comparison) -> Scores:
        """Count the pixels of each patch."""
        return np.array([len(predicted) for _, predicted in comparison.outline_distances], float)


@METRICS.register
class OutlineFound(_Pixels):
    """Pixels of the true outlines within 2 px of a predicted one."""

    name = "outline_found"

    def score(self, comparison: Comparison) -> Scores:
        """Count the pixels of each patch."""
        return np.array([np.count_nonzero(true <= TOLERANCE) for true, _ in comparison.outline_distances], float)


@METRICS.register
class OutlineRight(_Pixels):
    """Pixels of the predicted outlines within 2 px of a true one."""

    name = "outline_right"

    def score(self, comparison: Comparison) -> Scores:
        """Count the pixels of each patch."""
        found = [np.count_nonzero(predicted <= TOLERANCE) for _, predicted in comparison.outline_distances]
        return np.array(found, float)


@METRICS.register
class BoundaryF1(PooledRatio):
    """Share of the outlines' pixels, of both sides, within 2 px of the other side's: the surface Dice (Nikolov 2021).

    Where both outlines are equally long it is the harmonic mean of their precision and recall (Csurka et al. 2013).
    """

    name = "boundary_f1"
    version = 1
    group = "instances"
    ratios = (Ratio({"outline_found": 1, "outline_right": 1}, {"outline_true": 1, "outline_predicted": 1}),)


@METRICS.register
class Hd95(Metric):
    """Distance within which 95 % of either outline lies from the other, in px; undefined where one side has none.

    The larger of the two directed 95th percentiles, as in surface-distance (Nikolov et al. 2021), over the outlines of
    all cells of a patch; the mean over the patches.
    """

    name = "hd95"
    version = 1
    pooled = "mean"
    best = "lowest"
    range = ScoreRange(low=0.0)
    group = "instances"

    def score(self, comparison: Comparison) -> Scores:
        """The larger percentile of each patch."""
        return np.array([max(map(_percentile, both)) for both in comparison.outline_distances])


def _percentile(distances: Scores) -> float:
    """The smallest distance within which 95 % of the pixels are; NaN without any, or without another outline."""
    if not len(distances) or np.isinf(distances[0]):
        return np.nan
    return float(np.sort(distances)[-(-95 * len(distances) // 100) - 1])
