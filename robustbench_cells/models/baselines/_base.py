"""Registry of baselines, whose contract is `Segmenter`."""

from robustbench_cells.registry import Registry
from robustbench_cells.types import Segmenter

BASELINES: Registry[Segmenter] = Registry(
    "robustbench_cells.models.baselines", "baseline", Segmenter, "robustbench_cells.baselines"
)
