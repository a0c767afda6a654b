"""Cell counts (the paper, section II): 8-connected components, the background not counted, summed over patches.

The truth is counted in the same way as the prediction, so that touching cells count once on either side.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.metrics._base import METRICS, Comparison, Metric
from robustbench_cells.types import Masks


def _count(masks: Masks) -> npt.NDArray[np.float64]:
    """Components of each mask of a batch, (N,). OpenCV counts the background as one, which is taken off."""
    return np.array(
        [cv2.connectedComponents(mask.view(np.uint8), connectivity=8)[0] - 1 for mask in masks], dtype=np.float64
    )


@METRICS.register
class CellsPredicted(Metric):
    """Number of cells in the prediction; best is that of the truth."""

    name = "cells_predicted"
    version = 1
    pooled = "sum"
    best = "nearest"
    target = "cells_true"

    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """Components of the predicted mask."""
        return _count(comparison.masks)


@METRICS.register
class CellsTrue(Metric):
    """Number of cells in the truth."""

    name = "cells_true"
    version = 1
    pooled = "sum"
    best = "nearest"
    target = "cells_true"

    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """Components of the true mask."""
        return _count(comparison.truth)
