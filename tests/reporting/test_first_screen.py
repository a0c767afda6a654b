"""The first sentences of the page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.reporting.first_screen import model_card, summary_sentence
from robustbench_cells.reporting.first_to_break import first_to_break, kept_share
from robustbench_cells.reporting.gate_summary import GateSummary
from robustbench_cells.reporting.report import Report
from robustbench_cells.reporting.style import Style
from robustbench_cells.results.tables import Results
from robustbench_cells.types import Image
from tests.support.frame_arrays import DATA, LABELS, bright
from tests.support.report_outputs import write_output
from tests.support.report_results import make_results


def read_lead(results: Results, folder: Path, gate: GateSummary | None = None) -> str:
    """The paragraphs before the first table."""
    page = write_output("index.html", Report(results, gate=gate), folder)
    return "\n".join(re.findall(r'<p class="lead[^>]*>(.*?)</p>', page.partition("<table")[0]))


@pytest.mark.parametrize(
    ("models", "text"),
    [
        (
            {"ruined": 0.14},
            "ruined keeps a mean Jaccard of 0.103 (90 % of the best clean score, that of ruined) within",
        ),
        (
            {"good": 0.9, "ruined": 0.14},
            "It keeps a mean Jaccard of 0.787 (90 % of the best clean score, that of good)",
        ),
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
    assert "within these limits: cell_size up to zoom 1" not in lead  # the neutral one: no limit is known
    assert "within these limits: cell_size below zoom 2 ×" in lead
    assert "cell_size down to zoom 0.5 × (end of the tested range)" in lead


def test_a_left_censored_break_point_is_not_determined(tmp_path: Path) -> None:
    results = make_results({"m": 0.9})
    is_noise = results.records["artefact"] == "noise"
    rows = results.records.assign(jaccard=results.records["jaccard"].mask(is_noise, 0.4))
    report = Report(Results(rows[~is_noise | (rows["intensity"] > 0)].reset_index(drop=True), results.run))
    text = "below 50 grey levels (left-censored: sigma 0 was not run)"
    assert text in write_output("leaderboard.md", report, tmp_path)
    page = write_output("index.html", report, tmp_path)
    assert f"noise {text}" in page
    assert f'<span class="reach">fails {text}</span>' in page


def test_the_limit_is_one_for_all_models(tmp_path: Path) -> None:
    """A model that is worse everywhere is not ahead, though it loses a smaller share of its own clean score."""
    results = make_results({"good": 0.9, "weak": 0.4})
    weak = results.records["segmenter"] == "weak"
    flat = results.records.assign(jaccard=results.records["jaccard"].mask(weak, 0.4))
    page = write_output("index.html", Report(Results(flat, results.run)), tmp_path)
    spans = re.findall(r'<span class="reach">(.*?)</span>', page)
    assert spans.count("fails already at 0") == 2  # illumination and noise, of the weak one
    assert spans.count("fails already at 1") == 1  # cell_size: once, for both directions
    assert "no failure up to 100 grey levels" in page  # relative to its own clean score, in its card
    given = Results(flat, replace(results.run, settings=replace(results.run.settings, floor=0.3)))
    lead = read_lead(given, tmp_path)
    assert "a mean Jaccard of 0.3 (the limit that was asked for)" in lead


def test_the_bar_is_solid_where_it_is_sure_and_faint_up_to_where_it_fails() -> None:
    results = make_results({"m": 0.9})
    (card,) = Report(results).cards
    by_artefact = model_card(card, results, Style("red", "o", "circle", "A"))["spans"]
    assert by_artefact["noise"]["bars"] == [
        {"left": 0.0, "width": 50.0, "sure": False},
    ]
    assert by_artefact["noise"]["text"] == "fails between 0 and 50"
    assert by_artefact["cell_size"]["text"] == "no failure down to 0.5; fails between 1 and 2"
    assert by_artefact["cell_size"]["bars"] == [
        {"left": 33.3, "width": 66.7, "sure": False},
        {"left": 0.0, "width": 33.3, "sure": True},
    ]


def test_the_paper_s_findings_stand_only_where_its_networks_ran(tmp_path: Path) -> None:
    paper = {"unet_original": 0.9, "unet_augmented": 0.85, "unet_distorted": 0.8}
    own = {"mine": 0.9, "dog_otsu": 0.5, "nlm_otsu": 0.4, "background": 0.1}
    for models, is_shown in ((paper | own, True), (own, False), (own | {"unet_original": 0.9}, False)):
        report = Report(make_results(models))
        assert bool(report.findings) is is_shown
        assert ("The paper's findings" in write_output("index.html", report, tmp_path)) is is_shown


@pytest.mark.parametrize(("intensity", "text"), [(1000.0, "no failure down to 1000"), (2.0, "fails above 2")])
def test_one_intensity_of_a_logarithmic_scale_has_no_bar(intensity: float, text: str) -> None:
    frame = rb.open_dataset("synthetic", frames=1).read("000")
    data = rb.from_arrays([frame.image], [frame.labels])
    bright = {"bright": lambda images: images > 150}
    result = rb.benchmark(bright, data, {"shot_noise": [intensity]}, floor=0.2, progress=False)
    (card,) = (one for one in Report(result.results).cards if one.segmenter == "bright")
    span = model_card(card, result.results, Style("#000", "o", "circle", "A"))["spans"]["shot_noise"]
    assert span["bars"] is None
    assert span["text"].startswith(text)


def test_families_group_the_rows_and_the_papers_come_last(tmp_path: Path) -> None:
    grid = {"noise": [0, 50], "blur": [2, 4], "exposure": [-2, -1], "read_noise": [10, 50]}
    results = rb.benchmark(bright, DATA, grid, profile="quick", progress=False).results
    page = write_output("index.html", Report(results), tmp_path)
    assert re.findall(r'scope="rowgroup"[^>]*>(\w+)<', page) == ["camera", "optics", "paper"]
    rows = re.findall(r'<tr id="break-(\w+)"', page)
    assert rows == ["exposure", "read_noise", "blur", "noise"]


def test_what_breaks_first_loses_the_limit_over_the_smallest_share_of_its_range() -> None:
    grid = {"exposure": [-2, -1, -0.5], "pedestal": [-120, -80, -40], "read_noise": [2, 5]}
    results = rb.benchmark(bright, DATA, grid, profile="quick", progress=False).results
    card = next(one for one in Report(results).cards if one.segmenter == "bright")
    first = first_to_break(card, results)
    # 220 grey levels fall below 150 after 0.55 of 2 stops, and after 70 of 120 grey levels
    assert [one.artefact for one in first] == ["exposure", "pedestal"]
    shares = [kept_share(one, results) for one in first]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= 0.5
    lead = summary_sentence([card], results, has_combined=False)
    assert "until these break it, the first ones first: exposure " in lead


def test_what_breaks_a_model_on_some_frames_alone_is_named_as_not_sure(tmp_path: Path) -> None:
    """Cells of 160 grey levels fall below 150 after 0.1 stops, those of 220 do not."""
    data = rb.from_arrays(np.where(LABELS > 0, np.array([160, 220] * 2)[:, None, None], 90).astype(np.uint8), LABELS)
    results = rb.benchmark(bright, data, {"exposure": [-0.4, -0.2]}, profile="quick", progress=False).results
    (card,) = Report(results).cards
    (first,) = model_card(card, results, Style("red", "-", "o", "A"))["first"]
    assert first == {"artefact": "exposure", "sure": False}
    assert (
        model_card(card, results, Style("red", "-", "o", "A"))["spans"]["exposure"]["text"] == "not determined below 0*"
    )
    page = write_output("index.html", Report(results), tmp_path)
    assert "exposure</a> <span" in page
    lead = summary_sentence([card], results, has_combined=False)
    assert re.search(r"exposure at about gain -0\.\d+ stops \(too few frames to be sure\)", lead)


def test_nothing_breaks_first_what_is_below_the_limit_on_clean_images(tmp_path: Path) -> None:
    models = {"bright": bright, "half": lambda images: bright(images) * (np.arange(256) < 128)}
    results = rb.benchmark(models, DATA, {"exposure": [-2, -1]}, profile="quick", progress=False).results
    first = {card.segmenter: first_to_break(card, results) for card in Report(results).cards}
    assert [one.artefact for one in first["bright"]] == ["exposure"]
    assert first["half"] == []
    page = write_output("index.html", Report(results), tmp_path)
    assert page.count("below the limit on clean images") == 1
    half = next(card for card in Report(results).cards if card.segmenter == "half")
    assert "at no intensity: on clean images" in summary_sentence([half], results, has_combined=False)


def test_a_contrast_stretch_that_breaks_a_model_is_named_and_linked(tmp_path: Path) -> None:
    """Cells of 220 grey levels on 90 are at 255 and 0 once stretched, out of a model's window."""

    def window(images: Image) -> Image:
        return ((images > 150) & (images < 240)).astype(np.float32)

    for grid, link in (({"noise": [0, 50], "stretch": [0.5, 1]}, 'href="#break-stretch">'), ({"noise": [0, 50]}, "")):
        results = rb.benchmark({"window": window}, DATA, grid, profile="quick", progress=False).results
        page = write_output("index.html", Report(results), tmp_path)
        assert f"{link}the contrast stretch alone breaks it" in page
        assert ("#break-stretch" in page) is bool(link)
