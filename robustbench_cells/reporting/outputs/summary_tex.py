"""Scores for a paper."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.number_format import FEW_BLOCKS_MARK, column_decimals, format_figure
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.intervals import FEW_BLOCKS
from robustbench_cells.results.scorecard import figures_of
from robustbench_cells.types import CLEAN

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "×": r"$\times$",
    "⁻": r"\textsuperscript{-}", "°": r"$^\circ$", "σ": r"$\sigma$", "µ": r"$\mu$", "\n": " ", "\r": " ",
}  # fmt: skip


@OUTPUTS.register
class SummaryTex(ReportOutput):
    """Mean Jaccard with its interval for a paper: one row per condition, one column per segmenter; needs booktabs."""

    name = "summary.tex"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        summary, run = report.results.on_grid.summary, report.results.run
        names = sorted(summary["segmenter"].unique())
        lines = [
            f"% Mean Jaccard [95 % interval] on {_escape(run.dataset.title)}, seed {run.settings.seed}.",
            f"% Command: {_escape(run.command)}",
            f"% {FEW_BLOCKS_MARK}: over fewer than {FEW_BLOCKS} blocks of frames.",
            r"% Needs \usepackage{booktabs}.",
            rf"\begin{{tabular}}{{l{'r' * len(names)}}}",
            r"\toprule",
            " & ".join(["condition", *map(_escape, names)]) + r" \\",
        ]
        keys = summary[["segmenter", "artefact", "intensity"]].itertuples(index=False, name=None)
        figures = dict(zip(keys, figures_of(summary, "jaccard"), strict=True))
        decimals = {name: column_decimals(one for key, one in figures.items() if key[0] == name) for name in names}
        for artefact in summary["artefact"].unique():
            part = summary[summary["artefact"] == artefact]
            lines.append(r"\midrule")
            for intensity, rows in part.groupby("intensity"):
                label = CLEAN if artefact == CLEAN else f"{artefact} {run.unit(artefact).amount(intensity)}"
                cells = {
                    name: format_figure(figures[name, artefact, intensity], decimals=decimals[name])
                    for name in rows["segmenter"]
                }
                lines.append(" & ".join([_escape(label), *(_escape(cells.get(name, "--")) for name in names)]) + r" \\")
        write_text(path, "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n")


def _escape(text: object) -> str:
    """Text that cannot act as LaTeX: names come from untrusted files."""
    return "".join(_ESCAPES.get(letter, letter) for letter in str(text))
