"""Degradation curves of one artefact, drawn into Axes of matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from robustbench_cells.reporting.charts import PlottedMetric, beside_labels
from robustbench_cells.reporting.style import GREY, Style
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BESIDE: Mapping[str, Any] = {"linestyle": "-.", "linewidth": 1, "markersize": 5, "markerfacecolor": "white"}


def draw_curves(
    panel: Axes, results: Results, artefact: str, metric: PlottedMetric, styles: Mapping[str, Style]
) -> dict[str, Any]:
    """Draw each segmenter's curve with its 95 % interval.

    Measured curves are drawn over the simulated ones, and that of a swept artefact alone under a combined one.

    Parameters
    ----------
    panel
        Axes to draw into.
    results
        Results of a run.
    artefact
        Name of an artefact that ran.
    metric
        Metric to plot.
    styles
        Colour and marker of each segmenter.

    Returns
    -------
    dict
        The line of each segmenter, and of each artefact that is drawn beside, for a legend.
    """
    summary = results.summary
    part = results.curve_rows(artefact)
    clean = summary[summary["artefact"] == CLEAN].set_index("segmenter")[metric.name]
    lines: dict[str, Any] = {}
    for name, style in styles.items():
        curve = part[part["segmenter"] == name]
        if name == REFERENCE:
            if not metric.target and not curve[metric.name].isna().all():
                (lines[name],) = panel.plot(curve["intensity"], curve[metric.name], color=GREY, linestyle="--")
            continue
        (lines[name],) = panel.plot(
            curve["intensity"], curve[metric.name], color=style.colour, marker=style.marker, markersize=5
        )
        if f"{metric.name}_low" in curve:
            ends = curve[f"{metric.name}_low"], curve[f"{metric.name}_high"]
            panel.fill_between(curve["intensity"], *ends, color=style.colour, alpha=0.15, linewidth=0)
        if name in clean.index and not metric.target:
            panel.axhline(clean[name], color=style.colour, linestyle=":", linewidth=1)
    for other, label in beside_labels(results, artefact).items():
        rows = results.curve_rows(other)
        for name, style in styles.items():
            curve = rows[rows["segmenter"] == name]
            if name != REFERENCE and not curve.empty:
                panel.plot(curve["intensity"], curve[metric.name], color=style.colour, marker=style.marker, **_BESIDE)
        (lines[label],) = panel.plot([], [], color=GREY, marker="o", **_BESIDE)
    if results.run.artefacts[artefact].scale == "log":
        panel.set_xscale("log")
        panel.set_xticks(sorted(set(part["intensity"])))  # the scale's own may be one, or none
        panel.set_xticks([], minor=True)
        panel.xaxis.set_major_formatter("{x:g}")  # the default one writes formulas
    panel.set_xlabel(f"{part['parameter'].iloc[0]} ({results.run.unit(artefact).label})")
    if metric.target:
        truth = part.groupby("intensity")[metric.target].first()
        (lines["true"],) = panel.plot(truth.index, truth, color=GREY, linestyle=":")
        panel.set_yscale("symlog", linthresh=1.0)  # logarithmic, with a place for 0
        panel.yaxis.set_major_formatter("{x:g}")  # the default one writes formulas
    elif metric.is_share:
        panel.set_ylim(-0.02, 1.02)
    else:
        panel.set_ylim(bottom=0)
    return lines


def axis_label(metric: PlottedMetric) -> str:
    """Label of the vertical axis."""
    return metric.axis_label
