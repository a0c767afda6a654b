"""Export targets: one file each."""

from robustbench_cells.models.exports._base import EXPORTS, Export

__all__ = ["EXPORTS", "Export"]
