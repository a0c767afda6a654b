"""Cell counts (the paper, section II): 8-connected components without the background, summed over patches.

Truth and prediction are counted alike, so touching cells count as one on both sides.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.metrics._base import METRICS, Comparison, Metric
from robustbench_cells.types import Masks, ScoreRange

COUNT = ScoreRange(low=0.0)


def _count(masks: Masks) -> npt.NDArray[np.float64]:
    """Count the components of each mask, (N,); OpenCV counts the background as one, which is subtracted."""
    return np.array(
        [cv2.connectedComponents(mask.view(np.uint8), connectivity=8)[0] - 1 for mask in masks], dtype=np.float64
    )


@METRICS.register
class CellsPredicted(Metric):
    """Number of cells in the prediction; best is the number in the ground truth."""

    name = "cells_predicted"
    version = 1
    pooled = "sum"
    best = "nearest"
    target = "cells_true"
    range = COUNT

    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """Count the components of the predicted masks."""
        return _count(comparison.masks)


@METRICS.register
class CellsTrue(Metric):
    """Number of cells in the ground truth."""

    name = "cells_true"
    version = 1
    pooled = "sum"
    best = "nearest"
    target = "cells_true"
    range = COUNT

    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """Count the components of the true masks."""
        return _count(comparison.truth)
