"""Verdicts of the whole gate on the candidates of many simulated gates at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.retrainings.drawing import Drawn, World
from benchmarks.retrainings.many_gates import (
    Bools,
    Differences,
    Priors,
    SeedTests,
    chance_of_none,
    common_share,
    holm,
)
from robustbench_cells.gate.demands import default_demands
from robustbench_cells.gate.floors import LEAST
from robustbench_cells.gate.retraining import SHARES
from robustbench_cells.gate.sequential import LOOKS, MIN_BLOCKS, interim_looks
from robustbench_cells.gate.statistics import FALSE_ALARM
from robustbench_cells.results.intervals import BLOCK, LEVEL, Floats, Ints

_TOLERANCES = {demand.is_guard: demand.tolerance for demand in default_demands()}


@dataclass(frozen=True, eq=False)
class ManyVerdicts:
    """Verdicts on the candidates of many gates, (gates,), and on their axes, (gates, axes).

    Attributes
    ----------
    axes, guard
        Decisions on the axes, and on the conditions of the guard.
    looks
        Number of looks at each condition.
    used
        Share of the forward passes.
    """

    axes: _Family
    guard: _Family
    looks: int
    used: Floats

    @property
    def axes_beyond(self) -> Bools:
        """Whether each axis is beyond what retraining does."""
        return self.axes.beyond

    @property
    def guard_beyond(self) -> Bools:
        """Whether any condition of the guard is."""
        return self.guard.beyond.any(axis=1)

    @cached_property
    def regresses(self) -> Bools:
        """Whether anything regresses."""
        return np.any([one.regresses(self.looks).any(axis=1) for one in (self.axes, self.guard)], axis=0)

    @property
    def passes(self) -> Bools:
        """Whether the whole gate passes; what neither regresses nor passes is inconclusive."""
        return ~self.regresses & ~self.axes.is_open(self.looks).any(axis=1)

    @property
    def foretold(self) -> Floats:
        """Probability that an equal retraining passes, as the plan says."""
        families = (self.axes, self.guard)
        deviations = np.concatenate([one.tests.standardised for one in families], axis=2)
        common = common_share(deviations, np.concatenate([one.judged for one in families], axis=1))
        return chance_of_none(np.concatenate([one.failures for one in families], axis=1), common)

    @property
    def caught(self) -> Floats:
        """Loss on each axis that fails by the seeds with 95 %, as the plan says."""
        return self.axes.tests.caught(self.axes.reach)


def judge_many(
    world: World, drawn: Drawn, seeds: int, losses: Floats | None = None, *, sequential: bool = False
) -> ManyVerdicts:
    """Judge the candidates of many gates by the first so many seeds, by default demands.

    Parameters
    ----------
    world, drawn
        Grid and networks.
    seeds
        Number of seeds that the gate knows.
    losses
        What the candidates lose, (gates, conditions).
    sequential
        Whether each condition stops early.
    """
    differences = drawn.differences if losses is None else drawn.differences - losses[:, None]
    sums, counts = _used_sums(differences, sequential)
    of_seeds, in_use = drawn.means[:, :seeds], drawn.means[:, 0]
    every = np.eye(len(world.conditions))
    families = []
    for is_guard, weights, common in ((False, world.weights, world.weights), (True, every[world.judged], every)):
        values = of_seeds @ common.T
        priors = Priors.of(values.var(axis=1, ddof=1), seeds - 1, values.mean(axis=1) >= LEAST)
        found = Differences.from_sums(sums, counts, weights)
        judged = (in_use >= LEAST).astype(float) @ (weights.T > 0) > 0
        families.append(_Family(found, judged, SeedTests.of(of_seeds @ weights.T, priors, found), is_guard))
    looks = LOOKS if sequential else 1
    return ManyVerdicts(*families, looks, counts.sum(axis=(1, 2)) / differences[0].size)


@dataclass(frozen=True, eq=False)
class _Family:
    """The axes of many gates, or the conditions of their guards."""

    found: Differences
    judged: Bools
    tests: SeedTests
    is_guard: bool

    @cached_property
    def beyond(self) -> Bools:
        return holm(self.tests.p_worse, self.judged) <= FALSE_ALARM * SHARES[self.is_guard]

    @cached_property
    def reach(self) -> Floats:
        return self.tests.reach(FALSE_ALARM * SHARES[self.is_guard], self._count)

    @property
    def failures(self) -> Floats:
        """See `Foresight.failure`."""
        if self.is_guard:
            crossed = -self.found.quantile(1 - FALSE_ALARM / (2 * np.maximum(self._count, 1)))
        else:
            crossed = self.found.quantile((1 + LEVEL) / 2)
        limit = -self._tolerance + crossed * self.found.errors
        return np.where(self.judged, self.tests.failure(limit, self.reach), 0.0)

    def regresses(self, looks: int) -> Bools:
        return self._is_worse(looks) & ~self._is_excused

    def is_open(self, looks: int) -> Bools:
        """Whether each is inconclusive."""
        holds = self.found.lower(looks) > -self._tolerance
        return self.judged & ~holds & ~self._is_excused & ~self._is_worse(looks)

    def _is_worse(self, looks: int) -> Bools:
        alone = np.minimum(2 * looks * self.found.p_below(-self._tolerance), 1)
        return holm(alone, self.judged) <= FALSE_ALARM

    @property
    def _is_excused(self) -> Bools:
        return self.tests.frames_suffice & ~self.beyond

    @property
    def _tolerance(self) -> float:
        return _TOLERANCES[self.is_guard]

    @property
    def _count(self) -> Floats:
        return self.judged.sum(axis=1, keepdims=True)


def _used_sums(differences: Floats, sequential: bool) -> tuple[Floats, Floats]:
    """Sums over blocks of the frames that decide each condition, and their number, (gates, blocks, conditions)."""
    gates, frames, conditions = differences.shape
    if not sequential:
        return _sums(differences, np.arange(frames))
    looks = interim_looks([str(frame) for frame in range(frames)])
    sums, counts = (np.zeros((gates, -(-frames // BLOCK), conditions)) for _ in range(2))
    going = np.ones((gates, conditions), bool)
    for look in looks:
        new = _sums(differences, np.array([int(frame) for frame in look]))
        for into, one in zip((sums, counts), new, strict=True):
            into[:] = np.where(going[:, None], one, into)
        going &= ~_stops(*new, 2 * conditions)
    return sums, counts


def _sums(differences: Floats, frames: Ints) -> tuple[Floats, Floats]:
    starts = np.flatnonzero(np.diff(frames // BLOCK, prepend=-1))
    blocks = np.zeros((len(differences), -(-differences.shape[1] // BLOCK), differences.shape[2]))
    counts = np.zeros_like(blocks)
    blocks[:, frames[starts] // BLOCK] = np.add.reduceat(differences[:, frames], starts, axis=1)
    counts[:, frames[starts] // BLOCK] = np.diff(starts, append=len(frames))[:, None]
    return blocks, counts


def _stops(sums: Floats, counts: Floats, count: int) -> Bools:
    """See `InterimTest.stops`."""
    found = Differences.from_sums(sums, counts, np.eye(sums.shape[2]))
    decided = found.blocks >= MIN_BLOCKS
    for tolerance in _TOLERANCES.values():
        alone = 2 * LOOKS * found.p_below(-tolerance)
        decided &= (found.lower(LOOKS) > -tolerance) | (alone * count <= FALSE_ALARM)
    return decided
