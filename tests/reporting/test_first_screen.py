"""The first sentences of the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from robustbench_cells.reporting.gate_text import GateSummary
from robustbench_cells.reporting.report import Report
from robustbench_cells.results.tables import Results
from tests.support.report_outputs import write_output
from tests.support.report_results import make_results


def read_lead(results: Results, folder: Path, gate: GateSummary | None = None) -> str:
    """The paragraphs before the first table."""
    page = write_output("index.html", Report(results, gate=gate), folder)
    return "\n".join(re.findall(r'<p class="lead[^>]*>(.*?)</p>', page.partition("<table")[0]))


@pytest.mark.parametrize(
    ("models", "text"),
    [
        ({"ruined": 0.14}, "ruined keeps 90 % of its clean Jaccard of 0.11"),
        ({"good": 0.9, "ruined": 0.14}, "It keeps 90 % of its clean Jaccard of 0.87"),
    ],
)
def test_the_verdict_comes_first_and_then_the_best_model(models: dict[str, float], text: str, tmp_path: Path) -> None:
    fails = GateSummary("regresses", "FAIL: the candidate is significantly worse", [])
    verdict, sentence = read_lead(make_results(models), tmp_path, fails).split("\n")
    assert verdict == "FAIL: the candidate is significantly worse."
    assert text in sentence
    assert read_lead(make_results(models), tmp_path) == sentence


@pytest.mark.parametrize(
    ("models", "text"),
    [
        ((0.9, 0.8), "Of 2 models, m0 has the highest mean Jaccard over the grid"),
        ((0.9, 0.8, 0.90001), "Of 3 models, 2 tie for the highest mean Jaccard over the grid"),
        ((0.9, 0.9), "All 2 models tie for the highest mean Jaccard over the grid"),
    ],
)
def test_models_that_are_displayed_equal_tie(models: tuple[float, ...], text: str, tmp_path: Path) -> None:
    results = make_results({f"m{number}": clean for number, clean in enumerate(models)})
    assert read_lead(results, tmp_path).startswith(text)


def test_limits_at_the_end_of_the_tested_range_are_marked(tmp_path: Path) -> None:
    lead = read_lead(make_results({"m": 0.9}), tmp_path)
    assert "within these limits: cell_size up to zoom " in lead
    assert "cell_size down to zoom 0.5 × (end of the tested range)" in lead


def test_a_left_censored_break_point_is_not_determined(tmp_path: Path) -> None:
    results = make_results({"m": 0.9})
    is_noise = results.records["artefact"] == "noise"
    rows = results.records.assign(jaccard=results.records["jaccard"].mask(is_noise, 0.4))
    report = Report(Results(rows[~is_noise | (rows["intensity"] > 0)].reset_index(drop=True), results.run))
    text = "below 50 grey levels (left-censored: sigma 0 was not run)"
    assert text in write_output("leaderboard.md", report, tmp_path)
    page = write_output("index.html", report, tmp_path)
    assert "noise not determined (sigma 0 was not run)" in page
    assert f'<span class="reach">limit {text}</span>' in page
