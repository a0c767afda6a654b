"""Pixel-wise scores of one patch (the paper, section II), averaged over patches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from robustbench_cells.metrics._base import METRICS, Comparison, Metric
from robustbench_cells.types import ScoreRange

Scores = npt.NDArray[np.float64]
SHARE = ScoreRange(0.0, 1.0)


def _ratio(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> Scores:
    """Divide part by whole; NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


@METRICS.register
class Accuracy(Metric):
    """Share of correctly classified pixels."""

    name = "accuracy"
    version = 1
    pooled = "mean"
    best = "highest"
    range = SHARE

    def score(self, comparison: Comparison) -> Scores:
        """(TP + TN) / scored pixels."""
        wrong = comparison.predicted + comparison.actual - 2 * comparison.true_positives
        return 1 - wrong / comparison.pixels


@METRICS.register
class Jaccard(Metric):
    """Intersection over union of predicted and true foreground; 1 where both are empty."""

    name = "jaccard"
    version = 1
    pooled = "mean"
    best = "highest"
    range = SHARE

    def score(self, comparison: Comparison) -> Scores:
        """TP / (TP + FP + FN); 1 for an empty prediction of an empty truth."""
        union = comparison.predicted + comparison.actual - comparison.true_positives
        return np.where(union > 0, _ratio(comparison.true_positives, union), 1.0)


@METRICS.register
class Precision(Metric):
    """Share of the predicted foreground that is true; undefined where nothing is predicted."""

    name = "precision"
    version = 1
    pooled = "mean"
    best = "highest"
    range = SHARE

    def score(self, comparison: Comparison) -> Scores:
        """TP / (TP + FP); NaN where nothing is predicted."""
        return _ratio(comparison.true_positives, comparison.predicted)


@METRICS.register
class Recall(Metric):
    """Share of the true foreground that is predicted; undefined where there is no cell."""

    name = "recall"
    version = 1
    pooled = "mean"
    best = "highest"
    range = SHARE

    def score(self, comparison: Comparison) -> Scores:
        """TP / (TP + FN); NaN where there is no cell."""
        return _ratio(comparison.true_positives, comparison.actual)
