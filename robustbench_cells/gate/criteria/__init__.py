"""What must not get worse when a model is retrained: one file per criterion, found by its registration."""

from robustbench_cells.gate.criteria._base import CRITERIA, Criterion, PairedDifference, PairedRecords

__all__ = ["CRITERIA", "Criterion", "PairedDifference", "PairedRecords"]
