"""The mean precision."""

from robustbench_cells.gate.criteria._base import ASPECTS
from robustbench_cells.gate.criteria.mean_scores import MeanScore


@ASPECTS.register
class Precision(MeanScore):
    """Mean precision of each condition."""

    name = "precision"
    metrics = ("precision",)
    unit = "precision"
