"""Ways in which a microscope image drifts: one file an artefact, found by its registration."""

from robustbench_cells.artefacts._registry import ARTEFACTS
from robustbench_cells.artefacts._together import Together, pairs

__all__ = ["ARTEFACTS", "Together", "pairs"]
