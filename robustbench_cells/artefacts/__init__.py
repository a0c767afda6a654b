"""Artefacts that degrade a microscope image: one file each, in the folder of its family."""

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact, PhysicalArtefact

__all__ = ["ARTEFACTS", "Artefact", "PhysicalArtefact"]
