"""Average precision as Cellpose and StarDist quote it: TP / (TP + FP + FN) of cells that match by their IoU.

It is not the area under a precision-recall curve that COCO calls by this name, which needs a confidence of each cell.
Sources: Stringer et al. 2021 (Cellpose), Schmidt et al. 2018 (StarDist), Caicedo et al. 2019 (DSB 2018).
"""

from __future__ import annotations

from robustbench_cells.instances.matching import THRESHOLDS
from robustbench_cells.metrics._base import METRICS, PooledRatio
from robustbench_cells.types import Ratio


def _at(threshold: float) -> Ratio:
    """TP / (TP + FP + FN), where TP + FP are the predicted cells and TP + FN the true ones."""
    matched = f"matched_{threshold * 100:.0f}"
    return Ratio({matched: 1}, {"instances_true": 1, "instances_predicted": 1, matched: -1})


class _AveragePrecision(PooledRatio):
    version = 1
    group = "instances"


@METRICS.register
class Ap50(_AveragePrecision):
    """Average precision at an IoU of 0.5, TP / (TP + FP + FN) of cells as in Cellpose and StarDist, not as in COCO."""

    name = "ap50"
    ratios = (_at(0.5),)


@METRICS.register
class Ap75(_AveragePrecision):
    """Average precision at an IoU of 0.75, TP / (TP + FP + FN) of cells as in Cellpose and StarDist, not as in COCO."""

    name = "ap75"
    ratios = (_at(0.75),)


@METRICS.register
class Ap(_AveragePrecision):
    """Mean of the average precision, TP / (TP + FP + FN) of cells, at IoU thresholds 0.50, 0.55, … 0.95."""

    name = "ap"
    ratios = tuple(map(_at, THRESHOLDS))
