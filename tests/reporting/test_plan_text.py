"""The text of a plan: what is not known is not shown as a number."""

from __future__ import annotations

import pytest

from robustbench_cells.gate.plan import make_plans
from robustbench_cells.reporting.plan_text import plan_lines
from tests.support.gate_runs import baselines_of, lower, lower_all, make_seed


def text_of(*seeds: int, by: tuple[float, ...] = (0, 0, 0), spread: float = 0.012, at_floor: str = "") -> str:
    change = lower(at_floor, 0.9) if at_floor else None
    runs = [make_seed(seed, change or lower_all(loss), spread=spread) for seed, loss in zip(seeds, by, strict=False)]
    (plan,) = make_plans(baselines_of(*runs))
    return plan_lines(plan)


def test_it_says_that_frames_are_not_what_lacks() -> None:
    text = text_of(3, 4, 5)
    assert "Frames are not what lacks: on every axis the spread between seeds is the larger error" in text
    assert "(b), 6 seeds" in text


def test_it_says_where_frames_are_what_lacks() -> None:
    text = text_of(3, 4, 5, spread=0.0001)
    assert "More frames are what lacks on clean" in text
    assert "Keep the tolerance of 0.01: retraining moves no axis by more" in text


def test_two_seeds_have_no_second_question() -> None:
    text = text_of(3, 4)
    assert "the gate learns what retraining does from 3 seeds or more, so train another one" in text
    assert "where it knows this spread" not in text
    (clean,) = (line.split() for line in text.splitlines() if line.startswith("clean "))
    assert clean.count("-") == 3


def test_an_axis_at_the_floor_has_no_numbers() -> None:
    assert "at the floor: nothing to lose" in text_of(3, 4, 5, at_floor="noise")


def test_seeds_that_differ_too_much_are_named() -> None:
    text = text_of(3, 4, 5, by=(0.0, 0.3, 0.6))
    assert "the gate refuses them: give more seeds" in text
    (clean,) = (line.split() for line in text.splitlines() if line.startswith("clean "))
    assert "none" in clean


@pytest.mark.parametrize("seeds", [(3, 4), (3, 4, 5)])
def test_the_tolerance_to_recommend_is_that_of_the_worst_axis(seeds: tuple[int, ...]) -> None:
    text = text_of(*seeds)
    rows = [line.split() for line in text.splitlines() if line.startswith(("clean ", "noise ", "cell_size "))]
    assert f"--rb-gate=area={max(float(row[-1]) for row in rows):g}" in text
