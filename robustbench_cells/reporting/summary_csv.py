"""The summary for programs."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.files import write_text
from robustbench_cells.reporting._registry import OUTPUTS, ReportOutput
from robustbench_cells.results import Results


@OUTPUTS.register
class SummaryCsv(ReportOutput):
    """A row for each segmenter and condition (see `results.summarise`)."""

    name = "summary.csv"

    def write(self, results: Results, path: Path) -> None:
        """See `ReportOutput.write`; six significant digits."""
        write_text(path, results.summary.to_csv(index=False, float_format="%.6g"))
