"""A plan: what seeds and frames can show, against formulae, simulation and the gate's own verdicts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from robustbench_cells.errors import GateError
from robustbench_cells.gate.baselines import Baselines
from robustbench_cells.gate.plan import Plan, chance_of_none, common_share, make_plans
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import (
    baselines_of,
    change_records,
    drop,
    judge,
    lower,
    lower_all,
    make_seed,
    remove_rows,
    rename_model,
    set_manifest,
    verdicts,
)

SEEDS = [make_seed(seed) for seed in (3, 4, 5, 6, 9)]


def plan_of(baselines: Baselines) -> Plan:
    (plan,) = make_plans(baselines)
    return plan


FIVE = plan_of(baselines_of(*SEEDS))


def test_a_plan_has_every_axis_with_the_area_under_each_curve() -> None:
    assert (FIVE.model, FIVE.seeds) == ("unet", 5)
    assert [axis.axis for axis in FIVE.axes] == ["cell_size", "clean", "noise"]
    for axis in FIVE.axes:
        expected = []
        for one in SEEDS:
            rows = one.records[(one.records["segmenter"] == "unet") & (one.records["artefact"] == axis.axis)]
            curve = rows.groupby("intensity")["jaccard"].mean()
            widths = np.diff(curve.index.to_numpy())
            heights = (curve.to_numpy()[1:] + curve.to_numpy()[:-1]) / 2
            expected.append((widths @ heights) / widths.sum() if len(widths) else curve.iloc[0])
        assert axis.seeds == pytest.approx(expected)


def test_its_spread_and_reach_are_those_of_the_gate() -> None:
    gate = judge(baselines_of(*SEEDS), make_seed(13))  # within retraining on all axes
    tests = {one.difference.condition: one.retraining for one in gate.decisions if not one.is_guard}
    for axis in FIVE.axes:
        test, seen = tests[axis.axis], axis.foresight
        assert test
        assert seen
        assert seen.mean == pytest.approx(test.mean)
        assert seen.test.reach == pytest.approx(test.reach, rel=0.05)  # by the frames' error of another pair


def test_a_loss_beyond_the_reach_fails_and_one_within_it_does_not() -> None:
    (noise,) = (axis.foresight for axis in FIVE.axes if axis.axis == "noise")
    assert noise
    above_mean = plan_of(baselines_of(make_seed(12), *SEEDS[1:])).axes[2].seeds[0] - noise.mean
    found = [
        verdicts(judge(baselines_of(*SEEDS), make_seed(12, lower("noise", above_mean + by))))["area unet-noise"]
        for by in (1.05 * noise.test.reach, 0.95 * noise.test.reach)
    ]
    assert found == ["regresses", "watch"]


def test_with_two_seeds_the_gate_does_not_know_the_spread() -> None:
    plan = plan_of(baselines_of(*SEEDS[:2]))
    assert plan.passes is None
    assert 0 < plan.passes_by_frames < 1


def test_it_says_which_axes_lack_frames() -> None:
    assert FIVE.lacks_frames == []
    plan = plan_of(baselines_of(*(make_seed(seed, spread=0.0001) for seed in (3, 4, 5))))
    larger = [axis.axis for axis in plan.axes if axis.foresight and axis.foresight.error > axis.foresight.spread]
    assert "clean" in plan.lacks_frames
    assert set(plan.lacks_frames) <= set(larger)
    assert [axis.tolerance for axis in plan.axes] == [0.01] * 3


def test_an_axis_at_the_floor_is_named_and_counts_for_nothing() -> None:
    runs = [make_seed(seed, lower("noise", 0.9)) for seed in (3, 4, 5)]
    plan = plan_of(baselines_of(*runs))
    assert [axis.axis for axis in plan.axes if axis.foresight is None] == ["noise"]
    assert {one.judged for one in plan.judged} == {2}


def test_seeds_that_differ_so_much_that_nothing_could_fail_are_named() -> None:
    wild = [make_seed(seed, lower_all(by)) for seed, by in ((3, 0.0), (4, 0.3), (5, 0.6))]
    assert plan_of(baselines_of(*wild)).catches_nothing
    assert not FIVE.catches_nothing


NO_EVIDENCE: dict[str, tuple[Callable[[Results], Results], str]] = {
    "the same network": (lambda _: SEEDS[0], "all baselines have the same networks"),
    "other frames": (set_manifest("dataset", "fingerprint", value="f" * 64), "selection or content of frames"),
    "an incomplete run": (set_manifest("incomplete", value=["a worker died"]), r"runs/2 is incomplete"),
    "missing patches": (remove_rows(lambda rows: rows["frame"] == "3"), "differ in"),
    "another model": (rename_model, "has no unet"),
    "an impossible score": (change_records(drop("clean", 0, -3.0)), "jaccard is"),
}


@pytest.mark.parametrize("name", NO_EVIDENCE)
def test_runs_that_are_no_evidence_are_refused(name: str) -> None:
    change, message = NO_EVIDENCE[name]
    with pytest.raises(GateError, match=message):
        make_plans(baselines_of(SEEDS[0], change(SEEDS[1])))


def test_one_run_shows_nothing() -> None:
    with pytest.raises(GateError, match="two or more seeds"):
        make_plans(baselines_of(SEEDS[0]))


@given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=40), st.floats(0, 0.95))
def test_the_chance_that_nothing_fails_is_between_independent_and_common(failures: list[float], common: float) -> None:
    independent = float(np.prod(1 - np.array(failures)))
    found = chance_of_none(failures, common)
    assert independent - 1e-3 <= found <= 1 - max(failures) + 1e-3
    assert chance_of_none(failures, 0.0) == pytest.approx(independent)


def test_what_axes_have_in_common_is_recovered_from_many_seeds() -> None:
    rng = np.random.default_rng(0)
    shared, own = rng.normal(size=(4000, 1)), rng.normal(size=(4000, 12))
    for share in (0.0, 0.5, 0.9):
        assert common_share(np.sqrt(share) * shared + np.sqrt(1 - share) * own) == pytest.approx(share, abs=0.03)
    failures = [0.1, 0.02, 0.3]
    scores = np.sqrt(0.5) * shared + np.sqrt(0.5) * own[:, :3]
    held = np.mean((scores > stats.norm.ppf(failures)).all(axis=1))
    assert chance_of_none(failures, 0.5) == pytest.approx(held, abs=0.02)
