"""The numbers of decisions under names."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import pytest

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.reporting.gate_numbers import DecisionNumbers
from tests.support.gate_runs import BASELINE, baselines_of, judge, lower, make_run, make_seed


def numbers_of(gate: Gate, condition: str, criterion: str = "area") -> DecisionNumbers:
    (one,) = (
        one
        for one in map(DecisionNumbers.of, gate.decisions)
        if (one.condition, one.criterion) == (condition, criterion)
    )
    return one


SEEDS = [make_seed(number) for number in (3, 4, 5)]


@pytest.mark.parametrize(("by", "outcome", "beyond"), [(0.15, "regresses", "worse"), (-0.15, "holds", "better")])
def test_a_change_beyond_retraining_has_its_deviation(by: float, outcome: str, beyond: str) -> None:
    one = numbers_of(judge(baselines_of(*SEEDS), make_seed(6, lower("noise", by))), "noise")
    assert (one.model, one.guard, one.outcome, one.beyond, one.seeds) == ("unet", False, outcome, beyond, 3)
    assert one.improves is (by < 0)
    assert one.difference == pytest.approx(one.candidate - one.baseline)
    assert one.relative == pytest.approx(one.difference / one.baseline)
    assert one.low < one.difference < one.high
    assert abs(one.deviation) > one.reach > 0
    assert (one.deviation < 0) is (by > 0)
    assert (one.tolerance, one.blocks) == (0.01, 8)  # 40 frames, of which 5 are a block


def test_without_seeds_their_numbers_are_not_known() -> None:
    one = numbers_of(judge(baselines_of(BASELINE), make_run(lower("noise", 0.15))), "noise")
    assert (one.seeds, one.beyond, one.outcome) == (0, "", "regresses")
    assert isnan(one.deviation)
    assert isnan(one.reach)


def test_guards_and_conditions_with_the_same_patches_are_marked() -> None:
    gate = judge(baselines_of(BASELINE), BASELINE)
    guard = numbers_of(gate, "noise-50", "jaccard")
    assert (guard.guard, guard.tolerance, guard.same_as) == (True, 0.05, "")
    assert DecisionNumbers.of(replace(gate.decisions[0], copies=("cell_size-1", "noise-0"))).same_as == (
        "cell_size-1, noise-0"
    )
