"""Ways in which a microscope image drifts: one file an artefact, found by its registration."""

from robustbench_cells.artefacts._registry import ARTEFACTS

__all__ = ["ARTEFACTS"]
