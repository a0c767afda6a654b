"""What must not get worse when a model is retrained: one file an aspect, found by its registration."""

from robustbench_cells.gate.criteria._base import ASPECTS, Aspect, Difference, Pair

__all__ = ["ASPECTS", "Aspect", "Difference", "Pair"]
