"""Frames with instance labels: one file for each kind of data set, found by its registration."""

from __future__ import annotations

from robustbench_cells.datasets._opening import Selection, open_dataset
from robustbench_cells.datasets._registry import SOURCES

__all__ = ["SOURCES", "Selection", "open_dataset"]
