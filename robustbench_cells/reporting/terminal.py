"""Table for the terminal at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType

from tabulate import tabulate

from robustbench_cells.reporting.interval_warnings import interval_warnings
from robustbench_cells.reporting.number_format import column_decimals, format_bracket, format_limit
from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.scorecard import figures_of
from robustbench_cells.results.tables import Results
from robustbench_cells.types import condition_name


def terminal_table(results: Results, failures: Mapping[tuple[str, str], str] = MappingProxyType({})) -> str:
    """Mean Jaccard, one row per condition and one column per segmenter; below it where each falls below the limit.

    Parameters
    ----------
    results
        Records and manifest.
    failures
        Why there is no score, in a word, by names of segmenter and condition.
    """
    return "\n".join([_means(results, failures), *_limits(break_points(results)), *interval_warnings(results)])


def _limits(points: Mapping[str, tuple[BreakPoint, ...]]) -> list[str]:
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
    return ["", f"Where the mean Jaccard falls below {format_limit(limits[0])}:", table]


def _means(results: Results, failures: Mapping[tuple[str, str], str]) -> str:
    summary = results.on_grid.summary
    summary = summary.assign(condition=list(map(condition_name, summary["artefact"], summary["intensity"])))
    spaced = summary["artefact"] + " " + summary["intensity"].map("{:g}".format)
    shown = dict(zip(summary["condition"], spaced.where(summary["parameter"] != "", summary["artefact"]), strict=True))
    shown |= {condition: condition for _, condition in failures if condition not in shown}
    texts = dict(failures)
    for name, rows in summary.groupby("segmenter"):
        decimals = column_decimals(figures_of(rows, "jaccard"))
        for condition, value in zip(rows["condition"], rows["jaccard"], strict=True):
            texts[str(name), condition] = f"{value:.{decimals}f}"
    names = sorted({name for name, _ in texts})
    body = [[label, *(texts.get((name, condition), "-") for name in names)] for condition, label in shown.items()]
    return tabulate(body, ["mean Jaccard", *names], disable_numparse=True, colalign=["left", *["right"] * len(names)])
