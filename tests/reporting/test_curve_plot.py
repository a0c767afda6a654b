"""Curves in figures: what is drawn beside an artefact's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from robustbench_cells.reporting.charts import plotted_metrics
from robustbench_cells.reporting.curve_plot import draw_curves
from robustbench_cells.reporting.style import assign_styles
from robustbench_cells.results.tables import Results
from tests.support.report_results import make_results

PAIR = "illumination-1000+noise"


def measured_over_noise(results: Results) -> Results:
    """The same results, of which those under illumination were measured, and simulated by noise."""
    info = results.run.artefacts
    artefacts = {**info, "illumination": replace(info["illumination"], over="noise")}
    return Results(results.records, replace(results.run, artefacts=artefacts))


@pytest.mark.parametrize(("low", "high"), [(1.5, 2.5), (10.0, 3000.0)])
def test_ticks_of_a_logarithmic_scale_are_the_intensities(low: float, high: float, tmp_path: Path) -> None:
    results = make_results({"m": 0.9})
    records = results.records.replace({"intensity": {50.0: low, 100.0: high}})
    records = records[(records["artefact"] != "noise") | (records["intensity"] > 0)]
    info = {"noise": replace(results.run.artefacts["noise"], scale="log")}
    logarithmic = Results(records.query("artefact == 'noise'"), replace(results.run, artefacts=info))
    figure = Figure()
    panel = figure.subplots()
    metric = next(plotted_metrics(logarithmic))
    draw_curves(panel, logarithmic, "noise", metric, assign_styles(["m"]))
    figure.savefig(tmp_path / "a.png")
    labels = [text.get_text() for text in panel.get_xticklabels(which="both")]
    assert labels == [f"{low:g}", f"{high:g}"]


@pytest.mark.parametrize(
    ("artefact", "beside", "label"),
    [("noise", "illumination", "illumination"), (PAIR, "noise", "noise alone"), ("cell_size", "", "")],
)
def test_the_curve_beside_is_that_of_the_other_artefact(artefact: str, beside: str, label: str) -> None:
    results = measured_over_noise(make_results({"m": 0.9, "background": 0.1}))
    jaccard = next(one for one in plotted_metrics(results) if one.name == "jaccard")
    panel = Figure().subplots()
    styles = assign_styles(results.summary["segmenter"])
    lines = draw_curves(panel, results, artefact, jaccard, styles)
    drawn = [line for line in panel.lines if line.get_linestyle() == "-." and len(line.get_xdata())]
    if not beside:
        assert not drawn
        assert set(lines) == {"m", "background"}
        return
    (line,) = drawn
    rows = results.curve_rows(beside).query("segmenter == 'm'")
    assert line.get_xdata().tolist() == rows["intensity"].tolist()
    assert line.get_ydata().tolist() == rows["jaccard"].tolist()
    assert line.get_color() == styles["m"].colour
    assert line.get_markerfacecolor() == "white"
    assert set(lines) == {"m", "background", label}
