"""Degradation curves and precision–recall paths (the paper's Figures 3 to 5), as image files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from math import ceil, isnan, nan
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import pandas as pd
from numpy import ndenumerate

from robustbench_cells.files.atomic import atomic_path
from robustbench_cells.reporting.charts import PlottedMetric, few_blocks_note, plotted_metrics
from robustbench_cells.reporting.curve_plot import axis_label, draw_curves
from robustbench_cells.reporting.made_from import is_current, remove_stamp, stamp
from robustbench_cells.reporting.number_format import format_level
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.pair_heatmaps import PairMap, pair_maps
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.style import Style, assign_styles
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3
_FORMATS = ("svg", "png")
_PATHS = "precision_recall"


@OUTPUTS.register
class Figures(ReportOutput):
    """Each metric against intensity, and precision against recall; one panel per artefact, one line per segmenter."""

    name = "figures"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`; figures of an earlier report that this one does not have are removed."""
        if is_current(report.results, path):
            return
        figures = dict(_figures(report.results))
        run = report.results.run
        pairs = [info.together for info in run.artefacts.values() if info.together]
        ours = {*run.metrics, _PATHS, *(f"{pair.first}_{pair.second}" for pair in pairs)}
        for name in ours:
            for kind in _FORMATS:
                file = path / f"{name}.{kind}"
                if name in figures:
                    _save(figures[name], file, kind)
                else:
                    file.unlink(missing_ok=True)
        remove_stamp(path)
        if figures:
            stamp(report.results, path, [path / f"{name}.{kind}" for name in figures for kind in _FORMATS])


def _figures(results: Results) -> list[tuple[str, Figure]]:
    summary = results.summary
    if set(results.records["artefact"]) == {CLEAN}:
        return []
    figures = [(metric.name, _curves(results, metric)) for metric in plotted_metrics(results)]
    if {"precision", "recall"} <= set(summary):
        figures.append((_PATHS, _paths(results)))
    figures += [(f"{pair.first}_{pair.second}", _heatmaps(results, pair)) for pair in pair_maps(results)]
    return figures


def _panels(results: Results) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]], dict[str, Style]]:
    """A figure with one panel per artefact."""
    from matplotlib.figure import Figure

    artefacts = [*results.single_artefacts, *results.combined_artefacts]
    rows, columns = ceil(len(artefacts) / _COLUMNS), min(len(artefacts), _COLUMNS)
    figure = Figure(figsize=(4.2 * columns, 3.6 * rows + 0.9), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in axes[len(artefacts) :]:
        panel.set_visible(False)
    parts = []
    for panel, artefact in zip(axes, artefacts, strict=False):
        part = results.summary[results.summary["artefact"] == artefact]
        panel.set_title(artefact)
        panel.grid(alpha=0.3)
        parts.append((panel, part))
    return figure, parts, assign_styles(results.summary["segmenter"])


def _curves(results: Results, metric: PlottedMetric) -> Figure:
    figure, panels, styles = _panels(results)
    lines: dict[str, Any] = {}
    for panel, part in panels:
        lines |= draw_curves(panel, results, str(part["artefact"].iloc[0]), metric, styles)
    panels[0][0].set_ylabel(axis_label(metric))
    if metric.target:
        notes = "dotted: labelled cells"
    elif f"{metric.name}_blocks" in results.summary:
        notes = f"shaded: 95 % interval{few_blocks_note(results, metric.name)}"
    else:
        notes = "counts over all patches"
    if not metric.target and (results.summary["artefact"] == CLEAN).any():
        notes += "; dotted: clean"
    _finish(results, figure, lines, len(panels), notes)
    return figure


def _paths(results: Results) -> Figure:
    figure, panels, styles = _panels(results)
    lines = {}
    for panel, part in panels:
        for name, style in styles.items():
            curve = part[part["segmenter"] == name].sort_values("intensity").dropna(subset=["precision", "recall"])
            if name == REFERENCE or curve.empty:
                continue
            (lines[name],) = panel.plot(
                curve["recall"], curve["precision"], color=style.colour, marker=style.marker, markersize=4
            )
            first = curve.iloc[:1]
            panel.plot(first["recall"], first["precision"], color=style.colour, marker=style.marker, mfc="white")
        ends, row = part["intensity"].agg(["min", "max"]), part.iloc[0]
        unit = results.run.unit(str(row["artefact"]))
        panel.set_title(f"{part['artefact'].iloc[0]}: {row['parameter']} {unit.span(ends['min'], ends['max'], 'to')}")
        panel.set(xlabel="mean recall", xlim=(-0.02, 1.05), ylim=(-0.02, 1.05))
    panels[0][0].set_ylabel("mean precision")
    _finish(
        results,
        figure,
        lines,
        len(panels),
        "each path starts at the open marker, the lowest intensity at which both are defined",
    )
    return figure


def _heatmaps(results: Results, pair: PairMap) -> Figure:
    """One heat map per segmenter."""
    from matplotlib.figure import Figure

    names = sorted(pair.scores)
    rows, columns = ceil(len(names) / _COLUMNS), min(len(names), _COLUMNS)
    figure = Figure(figsize=(3.4 * columns + 0.8, 2.9 * rows + 0.7), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for panel in axes.ravel()[len(names) :]:
        panel.set_visible(False)
    for panel, name in zip(axes.ravel(), names, strict=False):
        table = [[pair.scores[name].get((row, column), nan) for column in pair.columns] for row in pair.rows]
        image = panel.imshow(table, vmin=0, vmax=1, cmap="cividis", aspect="auto", origin="lower")
        for (row, column), value in ndenumerate(table):
            text = "–" if isnan(value) else f"{value:.2f}"
            panel.text(column, row, text, ha="center", va="center", color="white" if value < 0.6 else "black")
        panel.set_title(name, fontsize=10)
        panel.set_xticks(range(len(pair.columns)), [format_level(x) for x in pair.columns])
        panel.set_yticks(range(len(pair.rows)), [format_level(x) for x in pair.rows])
    up, across = pair.axes
    figure.supxlabel(across, fontsize=10)
    figure.supylabel(up, fontsize=10)
    figure.colorbar(image, ax=axes, label="mean Jaccard")
    figure.suptitle(fill(results.run.dataset.title, 34 * columns), fontsize=10)
    return figure


def _finish(results: Results, figure: Figure, lines: Mapping[str, Any], panels: int, notes: str) -> None:
    columns = min(panels, _COLUMNS)
    figure.legend(
        lines.values(), lines, loc="outside lower center", ncols=min(len(lines), 2 * columns + 1), frameon=False
    )
    figure.suptitle(f"{fill(results.run.dataset.title, 34 * columns)}\n{notes}", fontsize=10)


def _save(figure: Figure, path: Path, kind: str) -> None:
    from matplotlib import rc_context
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)  # names and paths are not formulas
    metadata = {"Software": None} if kind == "png" else {"Date": None}  # same results, same file
    with atomic_path(path) as temporary, warnings.catch_warnings(), rc_context({"svg.hashsalt": "robustbench_cells"}):
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(temporary, dpi=130, format=kind, metadata=metadata)
        figure.set_layout_engine("none")  # the layout is computed; the next format reuses it
