"""Scores for a paper."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.number_format import format_figure
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.scorecard import Figure
from robustbench_cells.types import CLEAN

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "×": r"$\times$", "\n": " ", "\r": " ",
}  # fmt: skip


@OUTPUTS.register
class SummaryTex(ReportOutput):
    """Mean Jaccard with its interval for a paper: one row per condition, one column per segmenter; needs booktabs."""

    name = "summary.tex"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        summary, run = report.results.summary, report.results.run
        names = sorted(summary["segmenter"].unique())
        lines = [
            f"% Mean Jaccard [95 % interval] on {_escape(run.dataset.title)}, seed {run.settings.seed}.",
            f"% Command: {_escape(run.command)}",
            r"% Needs \usepackage{booktabs}.",
            rf"\begin{{tabular}}{{l{'r' * len(names)}}}",
            r"\toprule",
            " & ".join(["condition", *map(_escape, names)]) + r" \\",
        ]
        for artefact in summary["artefact"].unique():
            part = summary[summary["artefact"] == artefact]
            lines.append(r"\midrule")
            for intensity, rows in part.groupby("intensity"):
                label = CLEAN if artefact == CLEAN else f"{artefact} {intensity:g} {rows['unit'].iloc[0]}"
                cells = {
                    row["segmenter"]: format_figure(Figure(row["jaccard"], row["jaccard_low"], row["jaccard_high"]))
                    for _, row in rows.iterrows()
                }
                lines.append(" & ".join([_escape(label), *(_escape(cells.get(name, "--")) for name in names)]) + r" \\")
        write_text(path, "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n")


def _escape(text: object) -> str:
    """Text that cannot act as LaTeX: names come from untrusted files."""
    return "".join(_ESCAPES.get(letter, letter) for letter in str(text))
