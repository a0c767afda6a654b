"""Counts of cells and of matches, which the scores of instances are ratios of.

Two cells match at a threshold if their intersection over union (IoU) reaches it, one to one (`matched_pairs`).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from robustbench_cells.instances.matching import THRESHOLDS, holds_true
from robustbench_cells.instances.overlaps import Overlaps
from robustbench_cells.metrics._base import METRICS, Comparison, Metric
from robustbench_cells.types import ScoreRange

Scores = npt.NDArray[np.float64]


class _Count(Metric):
    """A count of each patch; best is the number of true cells."""

    version = 1
    pooled = "sum"
    best: Literal["lowest", "nearest"] = "nearest"
    target = "instances_true"
    range = ScoreRange(low=0.0)
    group = "instances"


@METRICS.register
class InstancesTrue(_Count):
    """Number of true cells: ids of the labels, or 8-connected components where there are masks only."""

    name = "instances_true"

    def score(self, comparison: Comparison) -> Scores:
        """Count the ids of each patch."""
        return np.array([len(one.true_ids) for one in comparison.overlaps], float)


@METRICS.register
class InstancesPredicted(_Count):
    """Number of predicted cells; best is the number of true ones."""

    name = "instances_predicted"

    def score(self, comparison: Comparison) -> Scores:
        """Count the ids of each patch."""
        return np.array([len(one.predicted_ids) for one in comparison.overlaps], float)


@METRICS.register
class CountDifference(_Count):
    """Difference of the numbers of predicted and of true cells in a patch, without its sign."""

    name = "count_difference"
    best = "lowest"
    target = ""
    is_part = True

    def score(self, comparison: Comparison) -> Scores:
        """|P - T| of each patch."""
        return np.array([abs(len(one.predicted_ids) - len(one.true_ids)) for one in comparison.overlaps], float)


class _Matched(_Count):
    """Number of cells that match at an IoU threshold: true positives, TP."""

    is_part = True
    threshold: float

    def score(self, comparison: Comparison) -> Scores:
        """Count the matches of each patch."""
        return np.array([np.count_nonzero(one >= self.threshold) for one in comparison.matched_iou], float)


for _threshold in THRESHOLDS:
    METRICS.register(
        type(
            f"Matched{_threshold * 100:.0f}",
            (_Matched,),
            {
                "__doc__": f"Number of cells that match at an IoU of {_threshold:.2f} or more: true positives, TP.",
                "__module__": __name__,
                "name": f"matched_{_threshold * 100:.0f}",
                "threshold": _threshold,
            },
        )
    )


@METRICS.register
class MatchedIou(_Count):
    """Sum of the IoU of the cells that match at 0.5."""

    name = "matched_iou"
    is_part = True

    def score(self, comparison: Comparison) -> Scores:
        """Sum over the matches of each patch."""
        return np.array([one.sum() for one in comparison.matched_iou])


@METRICS.register
class HeldIou(_Count):
    """Sum over the true cells of their IoU with the predicted cell that holds over half of them, if one does."""

    name = "held_iou"
    is_part = True

    def score(self, comparison: Comparison) -> Scores:
        """Sum over the true cells of each patch."""
        return np.array([_held_iou(one) for one in comparison.overlaps])


def _held_iou(overlaps: Overlaps) -> float:
    return float(overlaps.iou[holds_true(overlaps)].sum())
