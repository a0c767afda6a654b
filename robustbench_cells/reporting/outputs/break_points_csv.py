"""The break-points for programs."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.files.csv_tables import escape_formula
from robustbench_cells.reporting.break_point_table import break_point_table
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report


@OUTPUTS.register
class BreakPointsCsv(ReportOutput):
    """One row per model, artefact, direction and limit (see `break_point_table`); no cell acts as a formula."""

    name = "break_points.csv"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`; six significant digits."""
        table = break_point_table(report.cards)
        escaped = table.assign(**{name: table[name].map(escape_formula) for name in ("model", "artefact")})
        write_text(path, escaped.to_csv(index=False, float_format="%.6g"))
