"""The mean recall."""

from robustbench_cells.gate.criteria._base import ASPECTS
from robustbench_cells.gate.criteria.mean_scores import MeanScore


@ASPECTS.register
class Recall(MeanScore):
    """Mean recall of each condition."""

    name = "recall"
    metrics = ("recall",)
    unit = "recall"
