"""What a gate will show of an axis: the formulae, by the distributions of another library."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.gate.plan import make_plans
from tests.support.gate_runs import baselines_of, make_seed

(FIVE,) = make_plans(baselines_of(*(make_seed(seed) for seed in (3, 4, 5, 6, 9))))


def test_probabilities_are_those_of_the_predictive_distribution() -> None:
    """The candidate's difference, drawn from Student's t, against the limits of both questions."""
    for axis in FIVE.axes:
        seen = axis.foresight
        assert seen
        degrees = seen.blocks - 1
        limit = -0.01 + stats.t.ppf(0.975, degrees) * seen.error
        test = seen.test.deviation
        law = stats.t(test.degrees, loc=seen.mean - seen.in_use, scale=test.error)
        assert seen.failure_by_frames == pytest.approx(law.cdf(limit))
        assert seen.failure == pytest.approx(min(law.cdf(limit), 0.04 / 3))
        alarm = stats.t.ppf(1 - 0.05 / 6, degrees) + stats.t.ppf(0.95, degrees)
        assert seen.caught_by_frames == pytest.approx(0.01 + seen.error * alarm)
        own = np.hypot(seen.spread, seen.error)
        assert stats.t(test.degrees, loc=-seen.caught_by_seeds, scale=own).cdf(-seen.test.reach) == pytest.approx(0.95)
        assert law.cdf(-seen.passing_tolerance + stats.t.ppf(0.975, degrees) * seen.error) == pytest.approx(0.05 / 3)


def test_more_seeds_and_more_frames_catch_smaller_losses() -> None:
    for seen in FIVE.judged:
        assert seen.with_seeds(seen.seeds) == seen
        assert seen.with_seeds(10).caught_by_seeds < seen.caught_by_seeds
        assert seen.with_frames(4).caught_by_frames < seen.caught_by_frames
        assert seen.with_frames(4).error == pytest.approx(seen.error / 2)
