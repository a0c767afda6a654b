"""µm beside px, wherever a report shows a length."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.reporting.outputs.summary_tex import _escape
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.terminal import terminal_table
from robustbench_cells.results.tables import Results
from tests.support.report_outputs import write_output
from tests.support.report_results import make_examples, make_results


def in_pixels(pixel_size: float | None) -> Results:
    """Results in which the intensity of noise is a length."""
    results = make_results({"m": 0.9})
    artefacts = {**results.run.artefacts, "noise": replace(results.run.artefacts["noise"], unit="px")}
    settings = replace(results.run.settings, pixel_size=pixel_size, margin=25)
    return Results(results.records, replace(results.run, artefacts=artefacts, settings=settings))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Reports as text, by the file's name."""
    folder = tmp_path_factory.mktemp("reports")
    results = in_pixels(1.6)
    report = Report(results, make_examples(results))
    names = ("index.html", "summary.md", "summary.tex", "leaderboard.md")
    return {name: write_output(name, report, folder) for name in names}


def test_the_first_screen_and_the_sentence(written: dict[str, str]) -> None:
    page = written["index.html"]
    assert "sigma, px, 1 px = 1.6 µm" in page
    assert "noise below sigma 50 px (80 µm)" in page
    assert "fails between 0 and 50 (0 and 80 µm)" in page
    assert "25 px (40 µm) at the border are excluded" in page


def test_charts_their_tables_and_example_patches(written: dict[str, str]) -> None:
    page = written["index.html"]
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data = json.loads(found[1])
    (panel,) = (one for one in data["panels"] if one["axis"] == "sigma (px, 1 px = 1.6 µm)")
    assert "sigma 50 px (80 µm)" in panel["curves"][0]["jaccard"]["hover"][1]
    assert "sigma 100 px (160 µm)" in panel["paths"][0]["hover"][-1]
    assert any(step["condition"] == "sigma 50 px (80 µm)" for one in data["strips"] for step in one["steps"])
    assert '<th scope="col">sigma (px, 1 px = 1.6 µm)</th>' in page
    assert '<td class="number">100 (160 µm)</td>' in page
    assert "noise, sigma (px, 1 px = 1.6 µm)" in page  # of the table of combined artefacts


def test_tables_of_the_other_reports(written: dict[str, str]) -> None:
    assert "Intensity: sigma (px, 1 px = 1.6 µm)." in written["summary.md"]
    assert re.search(r"\|\s*50 \(80 µm\) \|", written["summary.md"])
    assert r"noise 50 px (80 $\mu$m) &" in written["summary.tex"]
    assert re.search(r"px \([\d.]+ (and [\d.]+ )?µm\)", written["leaderboard.md"])
    assert "25 px (40 µm) at the border excluded" in written["leaderboard.md"]
    assert "noise above 0 (px, 1 px = 1.6 µm)" in terminal_table(in_pixels(1.6))


def test_without_a_pixel_size_there_is_no_length() -> None:
    assert "µm" not in terminal_table(in_pixels(None))


def test_latex_can_set_every_unit() -> None:
    """It knows no letter beyond ASCII of itself."""
    assert all(_escape(artefact.unit).isascii() for artefact in ARTEFACTS)
