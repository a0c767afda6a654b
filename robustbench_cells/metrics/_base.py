"""The registry of metrics."""

from robustbench_cells.registry import Registry
from robustbench_cells.types import Metric

METRICS: Registry[Metric] = Registry("robustbench_cells.metrics", "metric")
