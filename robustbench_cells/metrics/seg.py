"""SEG of the Cell Tracking Challenge (Maška et al. 2014, Ulman et al. 2017)."""

from __future__ import annotations

from robustbench_cells.metrics._base import METRICS, PooledRatio
from robustbench_cells.types import Ratio


@METRICS.register
class Seg(PooledRatio):
    """SEG of the challenge: mean over the true cells R of |R ∩ S| / |R ∪ S|, S the cell with |R ∩ S| > |R| / 2, else 0.

    Invented cells do not lower it.
    """

    name = "seg"
    version = 1
    group = "instances"
    ratios = (Ratio({"held_iou": 1}, {"instances_true": 1}),)
