"""What the seeds of a recipe and these frames can show, before any candidate is judged by them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from robustbench_cells.errors import GateError
from robustbench_cells.gate.baselines import Baselines, spread_of_runs
from robustbench_cells.gate.comparability import refuse, require_comparable, score_problems
from robustbench_cells.gate.comparison import compare
from robustbench_cells.gate.decision import Decision
from robustbench_cells.gate.demands import default_demands
from robustbench_cells.gate.foresight import Foresight
from robustbench_cells.gate.moderation import PriorVariance
from robustbench_cells.gate.spread import MIN_SEEDS, Spread
from robustbench_cells.results.intervals import Floats

MORE_SEEDS, MORE_FRAMES = 2, 4  # times as many

_NODES = 64  # of the quadrature over what all axes have in common
_MOST_COMMON = 0.95  # share of a variance that so many nodes resolve
_STEP = 0.001  # of a recommended tolerance


@dataclass(frozen=True)
class PlannedAxis:
    """What can be shown on one axis.

    Attributes
    ----------
    axis
        Artefact, or ``clean``.
    seeds
        Value of each seed, that of the model in use first.
    foresight
        What a gate will see; None at the floor, where nothing can be lost.
    """

    axis: str
    seeds: Sequence[float]
    foresight: Foresight | None

    @property
    def tolerance(self) -> float | None:
        """Tolerance for a gate that does not know the spread; None where any model would meet it."""
        if self.foresight is None:
            return None
        needed = max(self.foresight.tolerance, self.foresight.passing_tolerance)
        rounded = round(ceil(round(needed / _STEP, 6)) * _STEP, 3)
        return rounded if rounded < self.foresight.in_use else None


@dataclass(frozen=True)
class Plan:
    """What can be shown of one model.

    Attributes
    ----------
    model
        Name of the model.
    seeds
        Number of its seeds.
    axes
        Each axis, in the order of the gate.
    passes_by_frames
        Probability that an equal retraining passes when it is compared with the model in use alone.
    passes
        The same where the spread between these seeds is known; None with fewer than three.
    """

    model: str
    seeds: int
    axes: Sequence[PlannedAxis]
    passes_by_frames: float
    passes: float | None

    @property
    def judged(self) -> list[Foresight]:
        """The axes that are not at the floor."""
        return [axis.foresight for axis in self.axes if axis.foresight]

    @property
    def catches_nothing(self) -> bool:
        """Whether the seeds differ so much on every axis that no candidate could fail by them."""
        return self.passes is not None and all(one.test.reach >= one.mean for one in self.judged)

    @property
    def lacks_frames(self) -> list[str]:
        """Axes on which the error of the frames limits what can be known."""
        return [axis.axis for axis in self.axes if axis.foresight and not axis.foresight.test.frames_suffice]


def make_plans(baselines: Baselines) -> list[Plan]:
    """Plan for each model that was trained with several seeds.

    Parameters
    ----------
    baselines
        Two or more runs, that of the model in use first.

    Raises
    ------
    GateError
        If there is one run alone, the runs are not comparable, or are no evidence of what retraining does.
    """
    if not baselines.seeds:
        raise GateError("one run shows nothing of what retraining does: give the runs of two or more seeds of a recipe")
    demands = default_demands()
    names = require_comparable(baselines, baselines.in_use.run, demands).names
    refuse(score_problems(baselines, baselines.in_use, demands))
    spreads = {name: spread_of_runs(baselines, name) for name in names}
    retrained = {name: spread for name, spread in spreads.items() if len(set(spread.digests)) > 1}
    gates = [compare(Baselines(baselines.in_use), seed.results, demands).decisions for seed in baselines.seeds]
    pairs = [one for one in _same_decisions(gates) if one[0].segmenter in retrained]
    families = [_Family.of(gates[0], retrained, is_guard=is_guard) for is_guard in (False, True)]
    return [
        _plan(name, spread, [one for one in pairs if one[0].segmenter == name], families)
        for name, spread in retrained.items()
    ]


@dataclass(frozen=True)
class _Family:
    """Number of decisions that are corrected for together: by the frames, and by the seeds."""

    judged: int
    tested: int

    @classmethod
    def of(cls, decisions: Iterable[Decision], retrained: Container[str], *, is_guard: bool) -> _Family:
        family = [one.segmenter for one in decisions if one.is_guard is is_guard and not one.at_floor]
        return cls(len(family), sum(name in retrained for name in family))


def _same_decisions(gates: Sequence[Sequence[Decision]]) -> list[list[Decision]]:
    """The decisions on each axis and condition, one per seed that is compared with the model in use."""
    found: dict[tuple[str, str, str], list[Decision]] = {}
    for decisions in gates:
        for one in decisions:
            found.setdefault((one.segmenter, one.criterion.name, one.difference.condition), []).append(one)
    return list(found.values())


def _plan(name: str, spread: Spread, pairs: Sequence[Sequence[Decision]], families: Sequence[_Family]) -> Plan:
    axes: list[PlannedAxis] = []
    judged: list[Foresight] = []
    deviations: list[Floats] = []
    for decisions in pairs:
        first = decisions[0]
        values = spread.values(first.difference.artefact, first.difference.levels)
        foresight = None
        if not first.at_floor:
            prior = spread.of_conditions if first.is_guard else spread.of_axes
            foresight = _foresee(decisions, values, prior, families[first.is_guard])
            judged.append(foresight)
            deviations.append((np.array(values) - foresight.mean) / (foresight.spread or 1.0))
        if not first.is_guard:
            axes.append(PlannedAxis(first.difference.condition, values, foresight))
    common = common_share(np.column_stack(deviations))
    by_frames = chance_of_none([one.failure_by_frames for one in judged], common)
    passes = chance_of_none([one.failure for one in judged], common)
    seeds = len(spread.digests)
    return Plan(name, seeds, axes, by_frames, passes if seeds >= MIN_SEEDS else None)


def _foresee(
    decisions: Sequence[Decision], values: Sequence[float], prior: PriorVariance, family: _Family
) -> Foresight:
    """What the gate will see, by the error of the frames that the comparisons of these seeds have."""
    first, errors = decisions[0], [one.difference.estimate.error for one in decisions]
    if first.difference.estimate.blocks < 2:
        raise GateError(f"{first.name} has one block of frames, which shows no error: run more frames")
    variance, degrees = prior.moderate(float(np.var(values, ddof=1)), len(values) - 1)
    return Foresight(
        in_use=values[0],
        mean=float(np.mean(values)),
        spread=sqrt(variance),
        degrees=degrees,
        prior=prior,
        seeds=len(values),
        error=float(np.sqrt(np.mean(np.square(errors)))),
        blocks=first.difference.estimate.blocks,
        tolerance=first.tolerance,
        is_guard=first.is_guard,
        judged=family.judged,
        tested=family.tested,
    )


def common_share(deviations: Floats) -> float:
    """Share of the variance between seeds that all axes and conditions have in common, as their mean shows it.

    Parameters
    ----------
    deviations
        Standardised deviations from the mean of the seeds, (seeds, axes).
    """
    count = deviations.shape[1]
    own = float(deviations.var(axis=0, ddof=1).mean())
    if count == 1 or own == 0:
        return 0.0
    of_mean = float(deviations.mean(axis=1).var(ddof=1))
    return min(max(0.0, (count * of_mean / own - 1) / (count - 1)), _MOST_COMMON)


def chance_of_none(failures: Sequence[float], common: float) -> float:
    """Probability that nothing fails, where normal scores have a share of their variance in common.

    Parameters
    ----------
    failures
        Probability of each failure.
    common
        See `common_share`.
    """
    from scipy.special import ndtr, ndtri

    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    limits = ndtri(np.array(failures))[:, None]
    holds = ndtr((sqrt(common) * nodes - limits) / sqrt(1 - common))
    return float(weights @ holds.prod(axis=0) / weights.sum())
