"""The registry of data-set kinds."""

from robustbench_cells.registry import Registry
from robustbench_cells.types import DatasetSource

SOURCES: Registry[DatasetSource] = Registry("robustbench_cells.datasets.sources", "kind of data set")
