"""Table for the terminal at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping

from tabulate import tabulate

from robustbench_cells.reporting.interval_warnings import interval_warnings
from robustbench_cells.reporting.number_format import column_decimals, format_bracket, format_limit
from robustbench_cells.reporting.summary_figures import figures_of
from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.tables import Results


def terminal_table(results: Results) -> str:
    """Mean Jaccard, one row per condition and one column per segmenter; below it where each falls below the limit."""
    return "\n".join([_means(results), *_limits(break_points(results)), *interval_warnings(results)])


def _limits(points: Mapping[str, tuple[BreakPoint, ...]]) -> list[str]:
    rows: dict[str, dict[str, str]] = {}
    limits = [point.limit for part in points.values() for point in part if point.limit.is_absolute]
    for name, part in points.items():
        for point in part:
            if point.limit.is_absolute:
                place = "above" if point.direction > 0 else "below"
                label = f"{point.artefact} {place} {point.neutral:g} ({point.unit})"
                rows.setdefault(label, {})[name] = format_bracket(point)
    if not limits:
        return []
    body = [[label, *(cells.get(name, "-") for name in points)] for label, cells in rows.items()]
    table = tabulate(body, ["between", *points], disable_numparse=True, colalign=["left", *["right"] * len(points)])
    return ["", f"Where the mean Jaccard falls below {format_limit(limits[0])}:", table]


def _means(results: Results) -> str:
    summary = results.on_grid.summary
    clean = summary["parameter"] == ""
    shown = summary["artefact"].where(clean, summary["artefact"] + " " + summary["intensity"].map("{:g}".format))
    values = summary.assign(condition=shown).pivot(index="condition", columns="segmenter", values="jaccard")
    values = values.loc[shown.drop_duplicates()]
    headers = ["mean Jaccard", *values.columns]
    figures = {name: figures_of(rows, "jaccard") for name, rows in summary.groupby("segmenter")}
    decimals = [column_decimals(figures[name]) for name in values.columns]
    body = [
        [name, *(f"{value:.{count}f}" for value, count in zip(row, decimals, strict=True))]
        for name, row in zip(values.index, values.to_numpy(), strict=True)
    ]
    return tabulate(body, headers, disable_numparse=True, colalign=["left", *["right"] * len(values.columns)])
