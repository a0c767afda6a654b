"""The whole gate on networks that are drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.retrainings.drawing import Effects, Tails, World
from benchmarks.retrainings.many_verdicts import judge_many
from benchmarks.retrainings.simulating import HEADERS, SEEDS, simulate, simulation_text

EFFECTS = Effects.read("real")


@pytest.mark.parametrize("tails", ["normal", "real"])
def test_networks_differ_as_the_real_ones_do(tails: Tails) -> None:
    world = World(EFFECTS, 5, tails)
    drawn = world.draw(2000, 3, 60, np.random.default_rng(0))
    axes = drawn.means[:, 1] @ world.weights.T
    real = EFFECTS.of_seeds.std(axis=0, ddof=1)[0]  # clean
    assert axes[:, 0].std() == pytest.approx(real, rel=0.06)
    assert axes.std(axis=0) == pytest.approx(world.spreads, rel=0.08)
    seen = drawn.differences.mean(axis=1) @ world.weights.T
    assert seen.std(axis=0) == pytest.approx(np.sqrt(2) * world.spreads, rel=0.08)  # of two networks


def test_the_candidate_that_loses_much_fails_and_equal_ones_pass() -> None:
    world = World(EFFECTS, 15)
    drawn = world.draw(60, 5, 60, np.random.default_rng(1))
    lost = np.full((60, len(world.conditions)), 0.3)
    for sequential in (False, True):
        equal, harmed = (judge_many(world, drawn, 5, losses, sequential=sequential) for losses in (None, lost))
        assert harmed.regresses.all()
        assert harmed.axes_beyond.mean() > 0.9
        assert equal.passes.mean() >= 0.8
        assert (equal.used < 1).any() is np.bool_(sequential)


def test_few_seeds_are_said_to_know_too_little() -> None:
    rates = list(simulate(World(EFFECTS, 15), 24, 40))
    assert [one.seeds for one in rates] == list(SEEDS)
    assert rates[0].spreads > rates[-1].spreads
    text = simulation_text(rates).splitlines()
    assert text[0].count("|") == len(HEADERS) + 1
    assert "(too little)" in text[2]
