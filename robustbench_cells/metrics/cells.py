"""Cell counts (the paper, section II): 8-connected components without the background, summed over patches.

Truth and prediction are counted alike, so touching cells count as one on both sides. A predicted cell that lies for
the most part where nothing is scored, and meets no true cell, is not counted; its rim would make cells of nothing.
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


def _count_scored(mask: Masks, truth: Masks, scored: Masks) -> int:
    """Count the components of one mask that are scored: by half of their pixels, or in part and on a true cell."""
    count, components = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    whole, inside, on_cells = (
        np.bincount(components[where], minlength=count)[1:] for where in (mask, mask & scored, mask & truth)
    )
    return int(np.count_nonzero((inside > 0) & ((2 * inside >= whole) | (on_cells > 0))))


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
        if comparison.scored is None:
            return _count(comparison.masks)
        masks = zip(comparison.predicted_everywhere, comparison.truth, comparison.scored, strict=True)
        return np.array([_count_scored(*three) for three in masks], dtype=np.float64)


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
