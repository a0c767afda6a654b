"""Baselines, segmenters without training: one file each."""

from robustbench_cells.models.baselines._base import BASELINES

__all__ = ["BASELINES"]
