"""F1 of cells, and panoptic quality with its two factors (Kirillov et al. 2019), all at an IoU of 0.5.

Kirillov counts a match above 0.5, StarDist and these scores from 0.5 on; it differs only where a cell is exactly half.
"""

from __future__ import annotations

from robustbench_cells.metrics._base import METRICS, PooledRatio
from robustbench_cells.types import Ratio

_CELLS = {"instances_true": 1.0, "instances_predicted": 1.0}  # 2 TP + FP + FN


class _Panoptic(PooledRatio):
    version = 1
    group = "instances"


@METRICS.register
class F1At50(_Panoptic):
    """F1 of cells that match at an IoU of 0.5: 2 TP / (2 TP + FP + FN)."""

    name = "f1_50"
    ratios = (Ratio({"matched_50": 2}, _CELLS),)


@METRICS.register
class PanopticQuality(_Panoptic):
    """Panoptic quality at an IoU of 0.5: sum of the matches' IoU / (TP + FP / 2 + FN / 2); sq times rq."""

    name = "pq"
    ratios = (Ratio({"matched_iou": 2}, _CELLS),)


@METRICS.register
class SegmentationQuality(_Panoptic):
    """Segmentation quality: mean IoU of the cells that match at 0.5; undefined where none does."""

    name = "sq"
    ratios = (Ratio({"matched_iou": 1}, {"matched_50": 1}),)


@METRICS.register
class RecognitionQuality(_Panoptic):
    """Recognition quality: TP / (TP + FP / 2 + FN / 2) at an IoU of 0.5, the factor of pq that equals f1_50."""

    name = "rq"
    ratios = (Ratio({"matched_50": 2}, _CELLS),)
