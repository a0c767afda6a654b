"""Reports from stored results: one file an output, found by its registration."""

from robustbench_cells.reporting._gate import (
    GATE_FILE,
    Told,
    gate_lines,
    gate_markdown,
    load_told,
    no_verdict_markdown,
    save_told,
    tell,
)
from robustbench_cells.reporting._registry import OUTPUTS, write_reports
from robustbench_cells.reporting._report import Report
from robustbench_cells.reporting._terminal import terminal_table

__all__ = [
    "GATE_FILE",
    "OUTPUTS",
    "Report",
    "Told",
    "gate_lines",
    "gate_markdown",
    "load_told",
    "no_verdict_markdown",
    "save_told",
    "tell",
    "terminal_table",
    "write_reports",
]
