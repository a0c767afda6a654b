"""Artefacts that degrade a microscope image: one file each."""

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact

__all__ = ["ARTEFACTS", "Artefact"]
