"""Bisection of brackets, on curves that are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

import numpy as np
import pytest

from robustbench_cells.results.bisection import added_intensities, next_probes
from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record
from tests.support.report_results import METRICS, make_manifest

FRAMES = [f"{number:03}" for number in range(12)]


def make(curve: Callable[[float], float], levels: list[float], error: float = 0.0, artefact: str = "noise") -> Results:
    """A model with this curve; each frame is off by so much at each intensity, alike for every intensity."""
    run = make_manifest(["m"], FRAMES)
    off = np.where(np.arange(len(FRAMES)) % 2, 1, -1) * error * np.sqrt(len(FRAMES) - 1)
    rows = [
        Record("m", name, level, frame, 0, {**dict.fromkeys(METRICS, 1.0), "jaccard": score + float(by)})
        for name, level, score in [("clean", 0.0, 1.0), *((artefact, level, curve(level)) for level in levels)]
        for frame, by in zip(FRAMES, off, strict=True)
    ]
    return Results(records_table(rows), replace(run, settings=replace(run.settings, floor=0.8)))


def bisect(
    curve: Callable[[float], float], levels: list[float], error: float = 0.0, artefact: str = "noise"
) -> tuple[BreakPoint, list[float]]:
    """Run what is asked for until nothing is; the bracket of the first limit, and all intensities."""
    for _ in range(20):
        results = make(curve, levels, error, artefact)
        probes = next_probes(results)
        if not probes:
            return break_points(results)["m"][0], levels
        levels = sorted({*levels, *(probe.intensity for probe in probes)})
    raise AssertionError("bisection does not end")


@pytest.mark.parametrize(
    ("curve", "truth"),
    [
        (lambda x: 1.0 if x < 39 else 0.1, 39.0),
        (lambda x: 1 - x / 200, 40.0),
        (lambda x: 0.82 if x < 150 else 0.3, 150.0),
        (lambda x: 1.0 if x < 3 else 0.1, 3.0),
    ],
    ids=["step", "line", "plateau", "early"],
)
def test_a_bracket_becomes_narrower_than_a_tenth_of_its_value(curve: Callable[[float], float], truth: float) -> None:
    point, levels = bisect(curve, [0, 50, 200])
    assert point.near <= truth <= point.far
    assert point.far - point.near <= 0.1 * truth
    assert len(levels) <= 20


def test_both_directions_of_a_zoom_are_bisected() -> None:
    results = make(lambda zoom: 1.0 if 0.7 <= zoom <= 3 else 0.1, [0.5, 1, 5], artefact="cell_size")
    assert [probe.intensity for probe in next_probes(results)] == [0.75, 3]


def test_bisection_stops_at_what_the_frames_leave_open() -> None:
    """With a standard error of 0.02 the limit is crossed somewhere between about 0.84 and 0.76, that is, 32 and 48."""
    point, levels = bisect(lambda x: 1 - x / 200, [0, 50, 200], error=0.02)
    assert 24 <= point.near <= 33
    assert 47 <= point.far <= 56
    assert len(levels) <= 20  # those of the limit relative to clean too, which the frames leave at 20


def test_a_break_at_the_neutral_intensity_is_not_chased_for_ever() -> None:
    point, levels = bisect(lambda x: 1.0 if x == 0 else 0.1, [0, 50, 200])
    assert (point.near, point.far <= 0.5) == (0, True)
    assert len(levels) <= 14


@pytest.mark.parametrize("levels", [[0, 50, 100], [150, 200]], ids=["no failure", "left-censored"])
def test_a_bracket_without_an_end_is_left_alone(levels: list[float]) -> None:
    results = make(lambda x: 1.0 if x < 120 else 0.1, levels)
    assert next_probes(results) == []
    point = break_points(results)["m"][0]
    assert inf in (abs(point.near), abs(point.far))


def test_intensities_of_two_runs_are_joined() -> None:
    assert added_intensities({"a": (2.0, 1.0)}, {"a": (3.0, 1.0), "b": (5.0,)}) == {"a": (1.0, 2.0, 3.0), "b": (5.0,)}
