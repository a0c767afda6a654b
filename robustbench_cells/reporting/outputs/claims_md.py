"""The paper's claims, checked."""

from __future__ import annotations

from pathlib import Path

from tabulate import tabulate

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.claims import ClaimStatus, Finding
from robustbench_cells.reporting.markdown import escape_markdown, report_head
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report


@OUTPUTS.register
class ClaimsMarkdown(ReportOutput):
    """Each claim of the paper: holds, does not hold or not tested on these frames, with its values."""

    name = "claims.md"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`; nothing is written where the paper's networks did not run."""
        results, findings = report.results, report.findings
        if all(finding.status is ClaimStatus.NOT_TESTED for finding in findings):
            path.unlink(missing_ok=True)
            return
        rows = [
            (f.number, escape_markdown(f.sentence), escape_markdown(f.section), f"**{f.status}**") for f in findings
        ]
        table = tabulate(rows, ("", "claim", "section", "on these frames"), tablefmt="pipe", disable_numparse=True)
        parts = [report_head("The paper's claims", results)]
        if results.run.settings.margin:
            parts.append(f"**Not scored as in the paper:** {results.run.margin} at the border are excluded.")
        if results.inside:
            parts.append(f"Inside the field of interest: {escape_markdown(results.inside.run.dataset.title)}.")
        write_text(path, "\n\n".join([*parts, table, *map(_values, findings)]) + "\n")


def _values(finding: Finding) -> str:
    if finding.status is ClaimStatus.NOT_TESTED:
        lines = [f"- {text}" for _, text in finding.parts]
    else:
        lines = [f"- {'yes' if holds else '**no**'}: {escape_markdown(text)}" for holds, text in finding.parts]
    return "\n".join(
        [
            f"## {finding.number}. {escape_markdown(finding.sentence)}",
            "",
            f"{finding.status}".capitalize() + ":",
            "",
            *lines,
        ]
    )
