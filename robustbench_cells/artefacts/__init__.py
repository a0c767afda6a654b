"""Ways in which a microscope image degrades: one file each, found by its registration."""

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact

__all__ = ["ARTEFACTS", "Artefact"]
