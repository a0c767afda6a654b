"""The mean Jaccard score."""

from robustbench_cells.gate.criteria._base import ASPECTS
from robustbench_cells.gate.criteria.mean_scores import MeanScore


@ASPECTS.register
class Jaccard(MeanScore):
    """Mean Jaccard of each condition."""

    name = "jaccard"
    metrics = ("jaccard",)
    unit = "jaccard"
