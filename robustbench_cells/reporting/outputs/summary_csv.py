"""The summary for programs."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report

_TEXTS = ("segmenter", "artefact", "parameter", "unit")


@OUTPUTS.register
class SummaryCsv(ReportOutput):
    """A row for each segmenter and condition (see `results.summarise`); no cell of it acts as a formula."""

    name = "summary.csv"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`; six significant digits."""
        summary = report.results.summary
        table = summary.assign(**{name: summary[name].map(_inert) for name in _TEXTS})
        write_text(path, table.to_csv(index=False, float_format="%.6g"))


def _inert(name: str) -> str:
    """A name of a stranger's file: a spreadsheet would run what starts like this."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name
