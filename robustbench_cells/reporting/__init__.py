"""Reports from stored results: one file an output, found by its registration."""

from robustbench_cells.reporting._gate import gate_lines, gate_markdown, no_verdict_markdown
from robustbench_cells.reporting._registry import OUTPUTS, write_reports
from robustbench_cells.reporting._report import Report
from robustbench_cells.reporting._terminal import terminal_table

__all__ = ["OUTPUTS", "Report", "gate_lines", "gate_markdown", "no_verdict_markdown", "terminal_table", "write_reports"]
