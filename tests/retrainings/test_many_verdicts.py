"""Verdicts on many gates at once, against the gate itself on the real networks."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.retrainings.drawing import Drawn, Effects, World
from benchmarks.retrainings.many_verdicts import judge_many
from benchmarks.retrainings.scores import read_run
from benchmarks.retrainings.spread import conditions_of_frames
from robustbench_cells.gate.baselines import Baselines, SeedRun
from robustbench_cells.gate.comparison import compare
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.demands import default_demands
from robustbench_cells.gate.plan import make_plans

EFFECTS = Effects.read("real")
WORLD = World(EFFECTS, 4)  # the real grid
SEEDS = ["equal-2", "equal-3", "equal-4"]
CANDIDATES = ["equal-1", "equal-5", "equal-7", "half_epochs-1", "shifted_in_files-1", "noisy_weights-1"]


def scores(name: str) -> np.ndarray:
    real = [(name.rpartition(" ")[0], level) for name, level in WORLD.conditions]
    return conditions_of_frames(read_run("real", name))[real].to_numpy(float)


def drawn() -> Drawn:
    of_seeds = [scores(name) for name in SEEDS]
    candidates = [scores(name) for name in CANDIDATES]
    means = [[one.mean(axis=0) for one in (*of_seeds, candidate)] for candidate in candidates]
    return Drawn(np.array(means), np.array(candidates) - of_seeds[0])


def baselines() -> Baselines:
    in_use, *others = (read_run("real", name) for name in SEEDS)
    return Baselines(in_use, [SeedRun(f"seed {number}", one) for number, one in enumerate(others)])


@pytest.mark.parametrize("sequential", [False, True])
def test_verdicts_on_the_real_networks_are_the_gates(sequential: bool) -> None:
    many = judge_many(WORLD, drawn(), len(SEEDS), sequential=sequential)
    for number, name in enumerate(CANDIDATES):
        gate = compare(baselines(), read_run("real", name), default_demands(), sequential=sequential)
        tested = {
            is_guard: [one.retraining for one in gate.decisions if one.is_guard is is_guard and one.retraining]
            for is_guard in (False, True)
        }
        assert many.passes[number] == (gate.verdict is GateOutcome.NON_INFERIOR)
        assert many.regresses[number] == (gate.verdict is GateOutcome.REGRESSED)
        assert many.axes_beyond[number].sum() == sum(one.is_worse for one in tested[False])
        assert many.guard_beyond[number] == any(one.is_worse for one in tested[True])
    assert 0 < many.passes.sum() < len(CANDIDATES)


def test_what_is_foretold_is_the_plans() -> None:
    (plan,) = make_plans(baselines())
    with_seeds_as_candidates = [scores(name) - scores(SEEDS[0]) for name in SEEDS[1:]]
    many = judge_many(WORLD, Drawn(drawn().means[:2], np.array(with_seeds_as_candidates)), len(SEEDS))
    assert plan.passes == pytest.approx(many.foretold.mean(), abs=0.01)  # the plan takes the mean error of both
    caught = np.mean(many.caught, axis=0)
    for axis in plan.axes:
        assert axis.foresight is not None
        column = list(dict.fromkeys(name.rpartition(" ")[0] for name, _ in WORLD.conditions)).index(axis.axis)
        assert axis.foresight.caught_by_seeds == pytest.approx(caught[column], rel=0.02)
