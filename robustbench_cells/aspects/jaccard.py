"""The mean Jaccard score."""

from robustbench_cells.aspects._mean_score import MeanScore
from robustbench_cells.aspects._registry import ASPECTS


@ASPECTS.register
class Jaccard(MeanScore):
    """Mean Jaccard of each condition."""

    name = "jaccard"
    metrics = ("jaccard",)
    unit = "jaccard"
