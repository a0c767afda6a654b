"""Scores of predicted masks against the truth: one file a family, found by its registration."""

from robustbench_cells.metrics._base import METRICS, Comparison, Metric

__all__ = ["METRICS", "Comparison", "Metric"]
