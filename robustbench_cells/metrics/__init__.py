"""Scores of predicted masks against the ground truth: one file per family of metrics."""

from robustbench_cells.metrics._base import METRICS, Comparison, Metric, PooledRatio, metrics_of, score_patches

__all__ = ["METRICS", "Comparison", "Metric", "PooledRatio", "metrics_of", "score_patches"]
