"""The registry of artefacts."""

from robustbench_cells.registry import Registry
from robustbench_cells.types import Artefact

ARTEFACTS: Registry[Artefact] = Registry("robustbench_cells.artefacts", "artefact")
