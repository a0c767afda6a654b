"""Our models for other programs: one file a target, found by its registration."""

from robustbench_cells.models.exports._base import EXPORTS, Export

__all__ = ["EXPORTS", "Export"]
