"""Curves in figures: what is drawn beside an artefact's own."""

from __future__ import annotations

from dataclasses import replace

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
