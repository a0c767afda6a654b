"""What a gate will show of one axis or condition, from the spread between seeds and the error of the frames.

An equal retraining's paired difference from the model in use is taken to have the distribution that its test against
the seeds assumes (`retraining`): Student's t around the mean of the seeds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

from robustbench_cells.gate.moderation import PriorVariance
from robustbench_cells.gate.retraining import SHARES, RetrainingTest, adjust, compare_deviation
from robustbench_cells.gate.statistics import FALSE_ALARM, Estimate
from robustbench_cells.results.intervals import LEVEL

CAUGHT = 0.95  # probability with which a loss is to be caught


@dataclass(frozen=True)
class Foresight:
    """One axis, or one condition of the guard, as a gate will see it.

    Attributes
    ----------
    in_use, mean
        Value of the model in use, and mean of all seeds.
    spread, degrees
        Standard deviation between seeds, moderated, and its degrees of freedom.
    prior
        What the variances of all axes, or of all conditions, have in common.
    seeds
        Number of seeds.
    error, blocks
        Standard error of the paired difference from the model in use, and number of blocks of frames that it is over.
    tolerance
        Largest tolerated loss.
    is_guard
        Whether only what is significantly worse counts.
    judged, tested
        Number of decisions that the gate corrects for together: by the frames, and by the seeds.
    """

    in_use: float
    mean: float
    spread: float
    degrees: float
    prior: PriorVariance
    seeds: int
    error: float
    blocks: int
    tolerance: float
    is_guard: bool
    judged: int
    tested: int

    @cached_property
    def test(self) -> RetrainingTest:
        """The test of a candidate that scores as the model in use does."""
        predicted = Estimate(self.mean, self.spread * sqrt(1 + 1 / self.seeds), self.seeds, self.degrees)
        one = compare_deviation(self.in_use, self.error, self.blocks - 1, predicted)
        return adjust([one] * self.tested, SHARES[self.is_guard])[0]

    @property
    def failure_by_frames(self) -> float:
        """Probability that an equal retraining is no pass when it is compared with the model in use alone."""
        return self._below(self._limit)

    @property
    def failure(self) -> float:
        """The same where a loss within what retraining does passes."""
        within = -self.test.reach - self.test.deviation.value
        return self._below(min(self._limit, within) if self.test.frames_suffice else self._limit)

    @property
    def caught_by_frames(self) -> float:
        """Loss of a file against the model in use that is significantly worse with a probability of 95 %."""
        return self.tolerance + self.error * (self._alarm + _quantile(CAUGHT, self.blocks - 1))

    @property
    def caught_by_seeds(self) -> float:
        """Mean loss of a training against the mean of the seeds, beyond what retraining does with 95 %."""
        return self.test.reach + sqrt(self.spread**2 + self.error**2) * _quantile(CAUGHT, self._degrees)

    @property
    def passing_tolerance(self) -> float:
        """Tolerance at which all axes of an equal retraining hold by the frames alone, with a probability of 95 %."""
        draw = _quantile(1 - FALSE_ALARM / self.judged, self._degrees)
        return self._reach_of_frames + self.test.deviation.value + draw * self.test.deviation.error

    def with_seeds(self, count: int) -> Foresight:
        """The same as so many seeds would show it, if they spread as these do."""
        return replace(self, seeds=count, degrees=self.prior.moderate(self.spread**2, count - 1)[1])

    def with_frames(self, factor: float) -> Foresight:
        """The same as so many times the frames would show it."""
        return replace(self, error=self.error / sqrt(factor), blocks=round(self.blocks * factor))

    @property
    def _degrees(self) -> float:
        return self.seeds - 1 if self.test.deviation.degrees is None else self.test.deviation.degrees

    @property
    def _alarm(self) -> float:
        return _quantile(1 - FALSE_ALARM / (2 * self.judged), self.blocks - 1)

    @property
    def _reach_of_frames(self) -> float:
        return self.error * _quantile((1 + LEVEL) / 2, self.blocks - 1)

    @property
    def _limit(self) -> float:
        """Difference from the model in use below which the frames alone are in the way of a pass."""
        return -self.tolerance + (-self.error * self._alarm if self.is_guard else self._reach_of_frames)

    def _below(self, limit: float) -> float:
        """Probability that an equal retraining's difference from the model in use is below a limit."""
        from scipy.special import stdtr

        deviation = self.test.deviation  # of the model in use from the mean: the expected difference, with other sign
        if deviation.error == 0:
            return float(-deviation.value < limit)
        return float(stdtr(self._degrees, (limit + deviation.value) / deviation.error))


def _quantile(level: float, degrees: float) -> float:
    """Of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, level))
