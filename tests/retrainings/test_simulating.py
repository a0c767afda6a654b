"""The whole gate on networks that are drawn at random."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from benchmarks.retrainings.drawing import Effects, Tails, World
from benchmarks.retrainings.many_verdicts import judge_many
from benchmarks.retrainings.simulating import (
    AXES,
    ENOUGH,
    FRAMES,
    HEADERS,
    SEEDS,
    simulate,
    simulation_text,
)
from tests.conftest import REPOSITORY

EFFECTS = Effects.read("real")
PAGE = (REPOSITORY / "docs" / "gate" / "simulation.md").read_text(encoding="utf-8")


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


@pytest.mark.parametrize("table", ["normal", "real", "sequential"])
def test_the_page_has_every_setting_and_says_where_seeds_know_too_little(table: str) -> None:
    head, _, *rows = PAGE.partition(f"<!-- {table} -->\n\n")[2].partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in (head, *rows)]
    assert tuple(cells[0]) == HEADERS[: len(cells[0])]
    assert [tuple(map(int, row[:3])) for row in cells[1:]] == list(product(FRAMES, AXES, SEEDS))
    for row in cells[1:]:
        caught, _, too_little = row[HEADERS.index("3 spreads regress")].partition("% ")
        share = float(caught.rstrip("%")) / 100
        assert share <= ENOUGH if too_little else share >= ENOUGH
