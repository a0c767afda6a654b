"""Data of the page's charts, and the same values as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any

import pandas as pd

from robustbench_cells.reporting.number_format import format_figure
from robustbench_cells.results.intervals import FEW_BLOCKS
from robustbench_cells.results.scorecard import Figure, figures_of
from robustbench_cells.results.tables import Results
from robustbench_cells.results.units import Unit
from robustbench_cells.types import CLEAN, REFERENCE, ScoreRange

_FIRST = {"jaccard": 0, "ap50": 1}
_BY_COMPONENTS = {  # by what the true cells are
    "components": "By components: the masks have no ids, so that true cells which touch are one.",
    "mixed": "In part by components: some masks have no ids, and true cells of theirs which touch are one.",
}
_LABELS = {
    "jaccard": "Jaccard",
    "ap50": "AP50",
    "ap75": "AP75",
    "ap": "AP",
    "f1_50": "F1 at 0.5",
    "pq": "PQ",
    "sq": "SQ",
}
_COUNT_NOTE = "Dotted: labelled cells. Logarithmic axis; a count of 0 is drawn on its lower edge."


@dataclass(frozen=True)
class PlottedMetric:
    """A metric that has curves.

    Attributes
    ----------
    name, label, html_label
        Column of the tables; label for people; the label escaped for HTML.
    target
        Name of the metric that this one should equal, if any.
    note
        Legend of the chart.
    axis_label
        Label of the vertical axis, escaped for HTML.
    is_share
        Whether its values are from 0 to 1, and so is the axis.
    """

    name: str
    label: str
    html_label: str
    target: str
    note: str
    axis_label: str
    is_share: bool


def plotted_metrics(results: Results) -> Iterator[PlottedMetric]:
    """Each metric that has curves, the Jaccard score first, and the precision of cells beside it."""
    metrics = results.run.metrics
    targets = {info.target for info in metrics.values()}
    drawn = {name for name, info in metrics.items() if not info.is_part} - targets
    for name in sorted(drawn, key=lambda name: (_FIRST.get(name, len(_FIRST)), metrics[name].pooled, name)):
        info = metrics[name]
        target = info.target
        if target:
            note = _COUNT_NOTE
        elif info.pooled == "sum":
            note = "Counts over all patches."
        else:
            note = f"Shaded: the 95 % interval{few_blocks_note(results, name)}."
        if not target and not results.summary.loc[results.summary["segmenter"] == REFERENCE, name].isna().all():
            note += " Dashed: all-background baseline."
        note = " ".join(filter(None, (note, formula_note(results, name))))
        label = _LABELS.get(name, name.replace("_", " "))
        pooled = {"sum": f"{label}, all patches", "ratio": label}.get(info.pooled, f"mean {label}")
        is_share = info.pooled != "sum" and info.range in (ScoreRange(), ScoreRange(0.0, 1.0))
        yield PlottedMetric(name, label, escape(label), target, note, escape(label if target else pooled), is_share)


def formula_note(results: Results, metric: str) -> str:
    """What a pooled ratio is, and what the true cells are where that is not their ids; empty for scores of pixels."""
    info = results.run.metrics[metric]
    formula = f"{metric} = {info.formula}, of sums over all patches." if info.formula else ""
    by = _BY_COMPONENTS.get(results.run.dataset.instances, "") if info.group == "instances" else ""
    return " ".join(filter(None, (formula, by)))


def few_blocks_note(results: Results, metric: str) -> str:
    """What to add to the legend of intervals of which some are over few blocks; empty if none is."""
    is_few = (results.summary[f"{metric}_blocks"] < FEW_BLOCKS).any()
    return f" (in part over fewer than {FEW_BLOCKS} blocks of frames)" if is_few else ""


def panel_data(
    results: Results,
    artefact: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    metrics: Sequence[PlottedMetric],
) -> dict[str, Any]:
    """Data of an artefact's charts."""
    part, unit = results.curve_rows(artefact["name"]), results.run.unit(artefact["name"])
    by_name = dict(list(part.groupby("segmenter")))
    return {
        "scale": results.run.artefacts[artefact["name"]].scale,
        "axis": escape(f"{artefact['parameter']} ({unit.label})"),
        "curves": [
            {
                metric.name: _curve(by_name[line["name"]], metric, line, artefact["parameter"], unit)
                for metric in metrics
            }
            if line["name"] in by_name
            else None
            for line in lines
        ],
        "beside": [
            {metric.name: _curves_beside(results, line, metric, artefact) for metric in metrics} for line in lines
        ],
        "truth": {metric.name: _truth(part, metric.target) for metric in metrics if metric.target},
        "paths": [
            _path(by_name[line["name"]], line, artefact["parameter"], unit)
            if line["name"] in by_name and not line["reference"] and {"precision", "recall"} <= set(part)
            else None
            for line in lines
        ],
    }


def beside_labels(results: Results, artefact: str) -> dict[str, str]:
    """What the curves beside those of an artefact are called, by the artefact that they are of."""
    alone = " alone" if results.run.artefacts[artefact].together else ""
    return {name: f"{name}{alone}" for name in results.drawn_beside(artefact)}


def _curves_beside(
    results: Results, line: Mapping[str, Any], metric: PlottedMetric, artefact: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A line's curve under each artefact that is drawn beside one."""
    curves = []
    for name in results.drawn_beside(artefact["name"]):
        rows = results.curve_rows(name)
        rows = rows[rows["segmenter"] == line["name"]]
        if len(rows):
            info = results.run.artefacts[name]
            curves.append(_curve(rows, metric, line, f"{name}, {info.parameter}", results.run.unit(name)))
    return curves


def _truth(part: pd.DataFrame, target: str) -> dict[str, Any]:
    truth = part.groupby("intensity")[target].first()
    return {"x": truth.index.tolist(), "y": _numbers(truth)}


def _curve(
    rows: pd.DataFrame, metric: PlottedMetric, line: Mapping[str, Any], parameter: str, unit: Unit
) -> dict[str, Any]:
    name = metric.name
    figures = figures_of(rows, name)
    curve = {
        "x": rows["intensity"].tolist(),
        "y": _numbers(rows[name]),
        "hover": [
            f"<b>{escape(line['name'])}</b><br>{escape(parameter)} {escape(unit.amount(x))}<br>"
            f"{metric.html_label} {_format(figure, metric)}"
            for x, figure in zip(rows["intensity"], figures, strict=True)
        ],
    }
    if f"{name}_low" in rows:
        curve |= {"low": _numbers(rows[f"{name}_low"]), "high": _numbers(rows[f"{name}_high"])}
    return curve


def _path(rows: pd.DataFrame, line: Mapping[str, Any], parameter: str, unit: Unit) -> dict[str, Any]:
    rows = rows.dropna(subset=["precision", "recall"])
    return {
        "x": rows["recall"].tolist(),
        "y": rows["precision"].tolist(),
        "marks": [*[""] * (len(rows) - 1), *(f"{x:g}" for x in rows["intensity"][-1:])],
        "hover": [
            f"<b>{escape(line['name'])}</b><br>{escape(parameter)} {escape(unit.amount(float(str(row.intensity))))}<br>"
            f"precision {row.precision:.3f}, recall {row.recall:.3f}"
            for row in rows.itertuples()
        ],
    }


def _format(figure: Figure, metric: PlottedMetric) -> str:
    is_count = metric.target and isfinite(figure.value)
    return f"{figure.value:,.0f}" if is_count else format_figure(figure)


def _numbers(column: pd.Series) -> list[float | None]:
    return [float(f"{value:.5g}") if isfinite(value) else None for value in column]


def data_tables(results: Results, metrics: Sequence[PlottedMetric]) -> Iterator[dict[str, Any]]:
    """Values of the charts as tables, for readers who cannot see them."""
    summary = results.summary
    names = sorted(summary["segmenter"].unique())
    for artefact in (CLEAN, *results.single_artefacts, *results.combined_artefacts):
        part = summary[summary["artefact"] == artefact]
        if part.empty:
            continue
        rows, unit = [], results.run.unit(artefact)
        for metric in metrics:
            for intensity, at in part.groupby("intensity"):
                cells = {
                    row["segmenter"]: _format(
                        figures_of(at[at["segmenter"] == row["segmenter"]], metric.name)[0], metric
                    )
                    for _, row in at.iterrows()
                }
                rows.append(
                    [metric.label, unit.level(float(str(intensity))), *(cells.get(name, "not run") for name in names)]
                )
        parameter = part["parameter"].iloc[0]
        yield {
            "title": artefact,
            "headers": ["score", f"{parameter} ({unit.label})" if unit.name else "intensity", *names],
            "rows": rows,
        }
