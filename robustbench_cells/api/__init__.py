"""What a notebook, the pytest plugin and the commands call: names in, one engine, results out."""

from robustbench_cells.api.benchmark import benchmark
from robustbench_cells.api.gate_result import GateResult
from robustbench_cells.api.result import BenchmarkResult, open_run

__all__ = ["BenchmarkResult", "GateResult", "benchmark", "open_run"]
