"""Artefacts on a logarithmic scale, and those whose neutral intensity is `clean`: what reports make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, log10
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.results.artefact_info import ArtefactInfo
from robustbench_cells.results.bisection import next_probes
from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.scorecard import scorecards
from robustbench_cells.results.storage import load, load_manifest, save
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record
from tests.support.gate_runs import BASELINE

FRAMES = 40
PHOTONS = ArtefactInfo(1, "photo-electrons", "e⁻ at white", inf, scale="log", is_clean_at_neutral=True)
SIGMA = ArtefactInfo(1, "sigma", "grey levels", 0.0, is_clean_at_neutral=True)


def run_of(curves: Mapping[str, tuple[ArtefactInfo, Mapping[float, float]]], clean: float | None = 0.9) -> Results:
    """One model whose score is the same on every frame, up to a little."""
    conditions = [(name, x, score) for name, (_, curve) in curves.items() for x, score in curve.items()]
    if clean is not None:
        conditions.append(("clean", 0.0, clean))
    metrics = dict.fromkeys(BASELINE.run.metrics, 1.0)
    records = [
        Record("unet", name, x, f"{frame}", 0, metrics | {"jaccard": score + 0.001 * (frame % 3)})
        for name, x, score in conditions
        for frame in range(FRAMES)
    ]
    artefacts = {name: info for name, (info, _) in curves.items()}
    return Results(records_table(records), replace(BASELINE.run, artefacts=artefacts, segmenters={"unet": "weights"}))


def own_limit(results: Results, artefact: str) -> BreakPoint:
    (point,) = [one for one in break_points(results)["unet"] if one.artefact == artefact and not one.limit.is_absolute]
    return point


def test_a_break_point_of_photons_is_interpolated_geometrically() -> None:
    """Between 1000 (above the limit by as much as 10 is below it) and 10 lies 100, and not 505."""
    limit = 0.9 * 0.901
    results = run_of({"shot": (PHOTONS, {1000.0: limit + 0.05 - 0.001, 10.0: limit - 0.05 - 0.001})}, 0.9)
    point = own_limit(results, "shot")
    assert point.direction == -1
    assert (point.near, point.far) == (1000, 10)
    assert point.interpolated == pytest.approx(100, rel=0.02)
    assert point.nearest == inf


def test_a_break_before_the_mildest_intensity_lies_between_it_and_clean() -> None:
    point = own_limit(run_of({"shot": (PHOTONS, {1000.0: 0.5, 100.0: 0.4})}), "shot")
    assert (point.near, point.far) == (inf, 1000)
    assert not point.left_censored
    assert not point.broken_at_neutral
    assert 1000 < point.interpolated < 10_000  # clean counts as one step before the mildest
    assert next_probes(run_of({"shot": (PHOTONS, {1000.0: 0.5, 100.0: 0.4})})) == []  # no middle of 1000 and infinity


def test_without_clean_a_break_before_the_mildest_intensity_is_left_censored() -> None:
    results = run_of({"shot": (PHOTONS, {1000.0: 0.5, 100.0: 0.4})}, clean=None)
    results = Results(results.records, replace(results.run, settings=replace(results.run.settings, floor=0.8)))
    (point,) = break_points(results)["unet"]
    assert point.left_censored


def test_clean_is_the_neutral_intensity_of_a_linear_scale() -> None:
    """Clean 0.901, at sigma 20 0.701; the limit of 0.811 is crossed at 20 × 0.09 / 0.2."""
    point = own_limit(run_of({"read": (SIGMA, {20.0: 0.7, 40.0: 0.6})}), "read")
    assert (point.near, point.far) == (0, 20)
    assert point.interpolated == pytest.approx(20 * 0.0901 / 0.2, rel=0.01)


def test_brackets_are_bisected_on_the_scale() -> None:
    probes = next_probes(run_of({"shot": (PHOTONS, {1000.0: 0.88, 10.0: 0.4}), "read": (SIGMA, {40.0: 0.4})}))
    assert {(one.artefact, one.intensity) for one in probes} == {("shot", 100.0), ("read", 20.0)}


def test_the_area_is_over_the_scale() -> None:
    curve = {10.0: 0.2, 100.0: 0.6, 3000.0: 0.8}
    (card,) = scorecards(run_of({"shot": (PHOTONS, curve)}))
    expected = np.trapezoid([*curve.values()], [log10(x) for x in curve]) / (log10(3000) - 1)
    assert card.areas["shot"].value == pytest.approx(expected, abs=0.002)


def test_curves_start_at_clean_where_the_scale_has_a_place() -> None:
    results = run_of({"shot": (PHOTONS, {1000.0: 0.8, 10.0: 0.4}), "read": (SIGMA, {20.0: 0.7})})
    assert list(results.curve_rows("read")["intensity"]) == [0, 20]
    assert results.curve_rows("read")["jaccard"].iloc[0] == pytest.approx(0.901, abs=0.001)
    assert set(results.curve_rows("read")["artefact"]) == {"read"}
    assert list(results.curve_rows("shot")["intensity"]) == [10, 1000]


def test_an_infinite_neutral_intensity_round_trips_as_valid_json(tmp_path: Path) -> None:
    results = run_of({"shot": (PHOTONS, {1000.0: 0.8, 10.0: 0.4})})
    save(results, tmp_path)
    assert "Infinity" not in (tmp_path / "run.json").read_text()
    assert load(tmp_path).run.artefacts["shot"] == PHOTONS


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"scale": "log"', '"scale": "linear"', "the neutral intensity of an artefact is missing"),
        ('"scale": "log"', '"scale": "cubic"', "'cubic' is not one of"),
    ],
)
def test_an_axis_without_meaning_is_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    save(run_of({"shot": (PHOTONS, {1000.0: 0.8, 10.0: 0.4})}), tmp_path)
    text = (tmp_path / "run.json").read_text()
    assert old in text
    (tmp_path / "run.json").write_text(text.replace(old, new))
    with pytest.raises(ResultsError, match=words):
        load_manifest(tmp_path)


def test_an_intensity_beyond_a_logarithmic_scale_is_refused(tmp_path: Path) -> None:
    save(run_of({"shot": (PHOTONS, {1000.0: 0.8, 0.0: 0.4})}), tmp_path)
    with pytest.raises(ResultsError, match="an intensity of shot has no place on a logarithmic scale"):
        load(tmp_path)


def test_a_curve_starts_at_clean_on_the_patches_that_the_artefact_took() -> None:
    """An artefact may take fewer patches than clean, and a curve must not fall because the others are easier."""
    results = run_of({"read": (SIGMA, {20.0: 0.7, 40.0: 0.4})}, clean=0.72)
    easier = results.records.query("artefact == 'clean'").assign(patch=1, jaccard=0.9)
    settings = replace(results.run.settings, floor=0.71)
    more = Results(pd.concat([results.records, easier], ignore_index=True), replace(results.run, settings=settings))
    assert more.summary.query("artefact == 'clean'")["jaccard"].item() == pytest.approx(0.81, abs=0.001)
    start, first, _ = more.curve_rows("read")["jaccard"]
    assert (start, first) == pytest.approx((0.721, 0.701), abs=0.0001)
    (point, _) = break_points(more)["unet"]
    assert point.interpolated == pytest.approx(20 * (start - 0.71) / (start - first))
