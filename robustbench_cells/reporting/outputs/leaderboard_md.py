"""All models in one table."""

from __future__ import annotations

from collections.abc import Sequence
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
    """One row per model, the highest mean Jaccard over the grid first; then one row per limit, a column per model."""

    name = "leaderboard.md"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        cards = report.cards
        rows = [
            [
                str(number),
                card.segmenter,
                format_figure(card.mean),
                format_figure(card.clean),
                format_figure(card.relative),
                format_figure(card.net_count_error, percent=True, signed=True),
                format_figure(card.milliseconds, missing="not measured"),
            ]
            for number, card in enumerate(cards, 1)
        ]
        scores = ("mean Jaccard over the grid", "clean Jaccard", "rPC", "net cell-count error", "ms per patch")
        parts = [
            report_head("Leaderboard", report.results),
            *map(escape_markdown, comparability_warnings(cards)),
            "Ordered by an absolute score, never by rPC (mean over the grid / clean): a weak model has little to lose. "
            "In brackets: 95 % intervals over blocks of frames; for the time, the fastest and the slowest batch.",
            _table(rows, ("", "model", *scores)),
        ]
        models = [card.segmenter for card in cards]
        if shared := next((point.limit for card in cards for point in card.limits), None):
            parts += [
                f"Where the mean Jaccard falls below {escape_markdown(format_limit(shared))}. {BRACKET}",
                _limits_table(models, [card.limits for card in cards]),
            ]
        if any(card.own_limits for card in cards):
            parts += [
                "Where each falls below 90 % of its own clean score; one that is worse everywhere may be ahead here.",
                _limits_table(models, [card.own_limits for card in cards]),
            ]
        write_text(path, "\n\n".join(parts) + "\n")


def _limits_table(models: Sequence[str], limits: Sequence[Sequence[BreakPoint]]) -> str:
    """A row per limit, a column per model: a page is wide enough for a few models, not for thirty artefacts."""
    labels = dict.fromkeys(break_point_label(point) for points in limits for point in points)
    found = [{break_point_label(point): format_break_point(point) for point in points} for points in limits]
    rows = [[label, *(one.get(label, "not run") for one in found)] for label in labels]
    return _table(rows, ("limit", *models))


def _table(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    return tabulate(
        [[escape_markdown(cell) for cell in row] for row in rows],
        [escape_markdown(header) for header in headers],
        tablefmt="pipe",
        disable_numparse=True,
    )
