"""All models in one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tabulate import tabulate

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.markdown import escape_markdown, report_head
from robustbench_cells.reporting.number_format import format_break_point, format_figure, format_limit
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.scorecard_rows import BRACKET, break_point_label, comparability_warnings
from robustbench_cells.results.break_points import BreakPoint


@OUTPUTS.register
class LeaderboardMarkdown(ReportOutput):
    """One row per model, the highest mean Jaccard over the grid first, with its break-points."""

    name = "leaderboard.md"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        cards = report.cards
        labels = _labels(point for card in cards for point in card.limits)
        rows = [
            [
                str(number),
                card.segmenter,
                format_figure(card.mean),
                format_figure(card.clean),
                format_figure(card.relative),
                *_cells(card.limits, labels),
                format_figure(card.net_count_error, percent=True, signed=True),
                format_figure(card.milliseconds, missing="not measured"),
            ]
            for number, card in enumerate(cards, 1)
        ]
        scores = ("mean Jaccard over the grid", "clean Jaccard", "rPC")
        table = _table(rows, ("", "model", *scores, *labels, "net cell-count error", "ms per patch"))
        limit = next((format_limit(point.limit) for card in cards for point in card.limits), "")
        about = (
            "Ordered by an absolute score, never by rPC (mean over the grid / clean): a weak model has little to lose. "
            "In brackets: 95 % intervals over blocks of frames; for the time, the fastest and the slowest batch."
        )
        if limit:
            about += f" A limit: where the mean Jaccard falls below {escape_markdown(limit)}. {BRACKET}"
        parts = [
            report_head("Leaderboard", report.results),
            *map(escape_markdown, comparability_warnings(cards)),
            about,
            table,
        ]
        if own := _labels(point for card in cards for point in card.own_limits):
            rows = [[card.segmenter, *_cells(card.own_limits, own)] for card in cards]
            parts += [
                "Where each falls below 90 % of its own clean score; one that is worse everywhere may be ahead here.",
                _table(rows, ("model", *own)),
            ]
        write_text(path, "\n\n".join(parts) + "\n")


def _labels(points: Iterable[BreakPoint]) -> list[str]:
    return list(dict.fromkeys(map(break_point_label, points)))


def _cells(points: Iterable[BreakPoint], labels: Sequence[str]) -> list[str]:
    found = {break_point_label(point): format_break_point(point) for point in points}
    return [found.get(label, "not run") for label in labels]


def _table(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    return tabulate(
        [[escape_markdown(cell) for cell in row] for row in rows],
        [escape_markdown(header) for header in headers],
        tablefmt="pipe",
        disable_numparse=True,
    )
