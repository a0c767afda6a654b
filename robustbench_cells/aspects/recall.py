"""The mean recall."""

from robustbench_cells.aspects._mean_score import MeanScore
from robustbench_cells.aspects._registry import ASPECTS


@ASPECTS.register
class Recall(MeanScore):
    """Mean recall of each condition."""

    name = "recall"
    metrics = ("recall",)
    unit = "recall"
