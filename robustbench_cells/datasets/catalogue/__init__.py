"""Public data sets that can be downloaded: one file each."""

from __future__ import annotations

from robustbench_cells.datasets.catalogue._base import CATALOGUE, PublicSet

__all__ = ["CATALOGUE", "PublicSet"]
