"""Segmenters that learn nothing: one file each, found by its registration."""

from robustbench_cells.models.baselines._base import BASELINES

__all__ = ["BASELINES"]
