"""All models in one table."""

from __future__ import annotations

from pathlib import Path

from tabulate import tabulate

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.markdown import head, plain
from robustbench_cells.reporting.number_format import format_break_point, format_figure
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.scorecard_rows import break_label, uneven


@OUTPUTS.register
class LeaderboardMarkdown(ReportOutput):
    """A row a model, the highest mean Jaccard over the grid first, with where each artefact breaks it."""

    name = "leaderboard.md"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        labels = list(dict.fromkeys(break_label(point) for card in report.cards for point in card.breaks))
        headers = [
            "",
            "model",
            "mean Jaccard over the grid",
            "clean Jaccard",
            "rPC",
            *labels,
            "cells, in all",
            "ms a patch",
        ]
        rows = []
        for number, card in enumerate(report.cards, 1):
            breaks = {break_label(point): format_break_point(point) for point in card.breaks}
            rows.append(
                [
                    str(number),
                    card.segmenter,
                    format_figure(card.mean),
                    format_figure(card.clean),
                    format_figure(card.relative),
                    *(breaks.get(label, "not run") for label in labels),
                    format_figure(card.cells_signed, percent=True, signed=True),
                    format_figure(card.milliseconds, missing="not measured"),
                ]
            )
        table = tabulate(
            [[plain(cell) for cell in row] for row in rows],
            [plain(header) for header in headers],
            tablefmt="pipe",
            disable_numparse=True,
        )
        about = (
            "Ordered by an absolute score, never by rPC (the mean over the grid / clean): a weak model has little to "
            "lose. A model breaks where its mean Jaccard falls under 90 % of its clean one. In brackets: 95 % "
            "intervals over blocks of frames, and of the time the fastest and the slowest batch."
        )
        write_text(
            path,
            "\n\n".join([head("Leaderboard", report.results.run), *map(plain, uneven(report.cards)), about, table])
            + "\n",
        )
