"""All models in one table."""

from __future__ import annotations

from pathlib import Path

from tabulate import tabulate

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.markdown import escape_markdown, report_head
from robustbench_cells.reporting.number_format import format_break_point, format_figure
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.scorecard_rows import break_point_label, comparability_warnings


@OUTPUTS.register
class LeaderboardMarkdown(ReportOutput):
    """One row per model, the highest mean Jaccard over the grid first, with its break-points."""

    name = "leaderboard.md"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        labels = list(dict.fromkeys(break_point_label(point) for card in report.cards for point in card.break_points))
        headers = [
            "",
            "model",
            "mean Jaccard over the grid",
            "clean Jaccard",
            "rPC",
            *labels,
            "net cell-count error",
            "ms per patch",
        ]
        rows = []
        for number, card in enumerate(report.cards, 1):
            limits = {break_point_label(point): format_break_point(point) for point in card.break_points}
            rows.append(
                [
                    str(number),
                    card.segmenter,
                    format_figure(card.mean),
                    format_figure(card.clean),
                    format_figure(card.relative),
                    *(limits.get(label, "not run") for label in labels),
                    format_figure(card.net_count_error, percent=True, signed=True),
                    format_figure(card.milliseconds, missing="not measured"),
                ]
            )
        table = tabulate(
            [[escape_markdown(cell) for cell in row] for row in rows],
            [escape_markdown(header) for header in headers],
            tablefmt="pipe",
            disable_numparse=True,
        )
        about = (
            "Ordered by an absolute score, never by rPC (mean over the grid / clean): a weak model has little to lose. "
            "A limit is the intensity at which the mean Jaccard falls below 90 % of the clean one. In brackets: 95 % "
            "intervals over blocks of frames; for the time, the fastest and the slowest batch."
        )
        write_text(
            path,
            "\n\n".join(
                [
                    report_head("Leaderboard", report.results),
                    *map(escape_markdown, comparability_warnings(report.cards)),
                    about,
                    table,
                ]
            )
            + "\n",
        )
