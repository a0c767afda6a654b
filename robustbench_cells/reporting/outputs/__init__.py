"""Report outputs: one file per output, found by its registration."""

from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput, write_reports

__all__ = ["OUTPUTS", "ReportOutput", "write_reports"]
