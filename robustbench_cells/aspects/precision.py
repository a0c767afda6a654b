"""The mean precision."""

from robustbench_cells.aspects._mean_score import MeanScore
from robustbench_cells.aspects._registry import ASPECTS


@ASPECTS.register
class Precision(MeanScore):
    """Mean precision of each condition."""

    name = "precision"
    metrics = ("precision",)
    unit = "precision"
