"""The paper's claims and what became of them."""

from __future__ import annotations

from pathlib import Path

from tabulate import tabulate

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.claims import ClaimStatus, Finding
from robustbench_cells.reporting.markdown import head, plain
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report


@OUTPUTS.register
class ClaimsMarkdown(ReportOutput):
    """Each claim of the paper: holds, does not hold or not tested on these frames, with the figures."""

    name = "claims.md"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`; where no claim can be tested nothing is written."""
        results, findings = report.results, report.findings
        if all(finding.verdict is ClaimStatus.NOT_TESTED for finding in findings):
            path.unlink(missing_ok=True)
            return
        rows = [(f.number, plain(f.sentence), plain(f.section), f"**{f.verdict}**") for f in findings]
        table = tabulate(rows, ("", "claim", "section", "on these frames"), tablefmt="pipe", disable_numparse=True)
        parts = [head("The paper's claims", results.run)]
        if margin := results.run.settings.margin:
            parts.append(f"**Not as the paper scored:** {margin} px at the border are left out.")
        if results.inside:
            parts.append(f"Inside the field of interest: {plain(results.inside.run.dataset.title)}.")
        write_text(path, "\n\n".join([*parts, table, *map(_figures, findings)]) + "\n")


def _figures(finding: Finding) -> str:
    if finding.verdict is ClaimStatus.NOT_TESTED:
        lines = [f"- {figures}" for _, figures in finding.parts]
    else:
        lines = [f"- {'yes' if held else '**no**'}: {plain(figures)}" for held, figures in finding.parts]
    return "\n".join(
        [f"## {finding.number}. {plain(finding.sentence)}", "", f"{finding.verdict}".capitalize() + ":", "", *lines]
    )
