"""The summary for programs."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.files.csv_tables import escape_formula
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report

_TEXTS = ("segmenter", "artefact", "parameter", "unit")


@OUTPUTS.register
class SummaryCsv(ReportOutput):
    """One row per segmenter and condition (see `tables.summarise`); no cell acts as a formula."""

    name = "summary.csv"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`; six significant digits."""
        summary = report.results.summary
        table = summary.assign(**{name: summary[name].map(escape_formula) for name in _TEXTS})
        write_text(path, table.to_csv(index=False, float_format="%.6g"))
