"""The Dice coefficient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from robustbench_cells.metrics import Comparison, Metric
from robustbench_cells.types import ScoreRange


class Dice(Metric):
    """Twice the overlap of predicted and true cell pixels over the sum of both; 1 where both are empty."""

    name = "dice"
    version = 1
    pooled = "mean"
    best = "highest"
    range = ScoreRange(0, 1)

    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """2 TP / (2 TP + FP + FN); 1 for an empty prediction of an empty truth."""
        total = comparison.predicted + comparison.actual
        return np.where(total > 0, 2 * comparison.true_positives / np.maximum(total, 1), 1.0)
