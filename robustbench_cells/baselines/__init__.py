"""Segmenters that learn nothing: one file each, found by its registration."""

from robustbench_cells.baselines._registry import BASELINES

__all__ = ["BASELINES"]
