"""Kinds of data set: one file each, found by its registration."""

from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource

__all__ = ["SOURCES", "DatasetSource"]
