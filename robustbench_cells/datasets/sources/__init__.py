"""Layouts of data sets: one file each."""

from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource

__all__ = ["SOURCES", "DatasetSource"]
