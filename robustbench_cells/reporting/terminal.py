"""Table for the terminal at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType

from tabulate import tabulate

from robustbench_cells.reporting.cell_rules import by_components
from robustbench_cells.reporting.interval_warnings import interval_warnings
from robustbench_cells.reporting.lost_cells import AP50, has_cells
from robustbench_cells.reporting.number_format import column_decimals, format_bracket, format_limit
from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.scorecard import figures_of
from robustbench_cells.results.tables import Results
from robustbench_cells.types import condition_name


def terminal_table(results: Results, failures: Mapping[tuple[str, str], str] = MappingProxyType({})) -> str:
    """Mean Jaccard, one row per condition and one column per segmenter; below it where each falls below the limit.

    Where cells were scored, AP50 stands beside it, and where that falls below its own limit.

    Parameters
    ----------
    results
        Records and manifest.
    failures
        Why there is no score, in a word, by names of segmenter and condition.
    """
    lines = [_means(results, failures), *_limits(break_points(results), "the mean Jaccard")]
    if has_cells(results):
        by = by_components(results.run)
        lines += _limits(break_points(results, AP50), f"AP50{f', {by},' if by else ''}")
    return "\n".join([*lines, *interval_warnings(results)])


def _limits(points: Mapping[str, tuple[BreakPoint, ...]], score: str) -> list[str]:
    rows: dict[str, dict[str, str]] = {}
    limits = [point.limit for part in points.values() for point in part if point.limit.is_absolute]
    for name, part in points.items():
        for point in part:
            if point.limit.is_absolute:
                place = "above" if point.direction > 0 else "below"
                start = f" {place} {point.neutral:g}" if isfinite(point.neutral) else ""
                label = f"{point.artefact}{start} ({point.unit.label})"
                rows.setdefault(label, {})[name] = format_bracket(point)
    if not limits:
        return []
    body = [[label, *(cells.get(name, "-") for name in points)] for label, cells in rows.items()]
    table = tabulate(body, ["between", *points], disable_numparse=True, colalign=["left", *["right"] * len(points)])
    return ["", f"Where {score} falls below {format_limit(limits[0])}:", table]


def _means(results: Results, failures: Mapping[tuple[str, str], str]) -> str:
    scores = ["jaccard", AP50] if has_cells(results) else ["jaccard"]
    summary = results.on_grid.summary
    summary = summary.assign(condition=list(map(condition_name, summary["artefact"], summary["intensity"])))
    spaced = summary["artefact"] + " " + summary["intensity"].map("{:g}".format)
    shown = dict(zip(summary["condition"], spaced.where(summary["parameter"] != "", summary["artefact"]), strict=True))
    shown |= {condition: condition for _, condition in failures if condition not in shown}
    texts = dict(failures)
    for name, rows in summary.groupby("segmenter"):
        decimals = {score: column_decimals(figures_of(rows, score)) for score in scores}
        for row in rows.to_dict("records"):
            texts[str(name), row["condition"]] = " / ".join(f"{row[one]:.{decimals[one]}f}" for one in scores)
    names = sorted({name for name, _ in texts})
    body = [[label, *(texts.get((name, condition), "-") for name in names)] for condition, label in shown.items()]
    header = "mean Jaccard / AP50" if AP50 in scores else "mean Jaccard"
    return tabulate(body, [header, *names], disable_numparse=True, colalign=["left", *["right"] * len(names)])
