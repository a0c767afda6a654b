"""A candidate among seeds: the prediction interval, and how often an equal retraining is beyond it."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from robustbench_cells.gate.moderation import PriorVariance
from robustbench_cells.gate.retraining import SHARES, RetrainingTest, adjust, compare_deviation, predict_seed
from robustbench_cells.gate.spread import Spread
from robustbench_cells.gate.statistics import Estimate

NOTHING = PriorVariance(0.0, 0.0)


def test_one_seed_more_is_predicted_as_by_students_t() -> None:
    """The textbook's interval for one more observation, for axes that have nothing in common."""
    values = [0.80, 0.82, 0.81, 0.85]
    predicted = predict_seed(values, NOTHING)
    assert predicted == Estimate(np.mean(values), np.std(values, ddof=1) * sqrt(1 + 1 / 4), 4, 3)
    (test,) = adjust([compare_deviation(0.7, 0.0, inf, predicted)])
    assert test.p_worse == pytest.approx(t.cdf((0.7 - predicted.value) / predicted.error, 3))
    assert test.reach == pytest.approx(t.ppf(0.95, 3) * predicted.error)
    assert (test.is_worse, test.is_better) == (True, False)


def test_the_error_of_the_frames_comes_on_top() -> None:
    predicted = Estimate(0.8, 0.03, 31, 30)
    test = compare_deviation(0.7, 0.04, 11, predicted)
    assert test.deviation.error == pytest.approx(0.05)
    assert test.deviation.degrees == pytest.approx(0.05**4 / (0.03**4 / 30 + 0.04**4 / 11))  # Satterthwaite's
    assert not test.frames_suffice
    assert compare_deviation(0.7, 0.02, 11, predicted).frames_suffice


def test_few_seeds_are_not_known_better_for_the_error_of_many_frames() -> None:
    """Whose spread may have come out small by chance."""
    assert compare_deviation(0.7, 0.04, 47, Estimate(0.8, 0.03, 3, 2)).deviation.degrees == 2


def test_axes_and_guard_share_the_false_alarms() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    one = compare_deviation(0.75, 0.0, inf, predict_seed([0.80, 0.82, 0.81, 0.79], NOTHING))
    (alone,), (axis,), (guard,) = (adjust([one], share) for share in (1.0, SHARES[False], SHARES[True]))
    assert axis.p_worse == pytest.approx(alone.p_worse / 0.8)
    assert guard.p_worse == pytest.approx(alone.p_worse / 0.2)
    assert guard.reach == pytest.approx(t.ppf(0.99, 3) * one.deviation.error)
    assert alone.reach < axis.reach < guard.reach


def test_where_frames_are_what_lacks_no_loss_is_excused() -> None:
    few, many = (
        RetrainingTest(3, Estimate(-0.02, 0.05, 3, 4), 0.8, error, p_worse=0.4, reach=0.1) for error in (0.045, 0.01)
    )
    assert not few.excuses
    assert many.excuses


def test_more_axes_make_each_of_them_stricter() -> None:
    predicted = predict_seed([0.80, 0.82, 0.81], NOTHING)
    one = compare_deviation(0.75, 0.0, inf, predicted)
    (alone,), four = adjust([one]), adjust([one] * 4)
    assert four[0].p_worse == pytest.approx(4 * alone.p_worse)
    assert four[0].reach > alone.reach
    assert adjust([]) == []


@pytest.mark.parametrize("seeds", [3, 5, 8])
@pytest.mark.parametrize("together", [0.0, 0.7])
def test_an_equal_retraining_is_beyond_its_seeds_one_time_in_twenty(seeds: int, together: float) -> None:
    """Over six axes of like spread, alone or correlated; of 400 gates 8 % is the limit of one in two hundred."""
    rng = np.random.default_rng(seeds)
    axes = [f"axis {number}" for number in range(6)]
    alarms = 0
    for _ in range(400):
        common = sqrt(together) * rng.normal(size=(seeds + 1, 1))
        scores = 0.7 + 0.013 * (common + sqrt(1 - together) * rng.normal(size=(seeds + 1, len(axes))))
        means = [{(axis, 0.0): float(score) for axis, score in zip(axes, row, strict=True)} for row in scores]
        spread = Spread([f"{number}" for number in range(seeds)], means[:-1])
        tests = adjust(
            [
                compare_deviation(
                    means[-1][axis, 0.0], 0.0, inf, predict_seed(spread.values(axis, [0.0]), spread.of_axes)
                )
                for axis in axes
            ]
        )
        alarms += any(one.is_worse for one in tests)
    assert alarms <= 32


@given(st.lists(st.floats(-8, 8).filter(bool), min_size=1, max_size=12), st.sampled_from([1.0, 0.8, 0.2]))
def test_what_is_beyond_retraining_is_beyond_the_reach_that_is_shown(values: list[float], share: float) -> None:
    """Whichever of the others were decided before it: the smaller of two losses has the smaller reach."""
    tests = adjust([RetrainingTest(3, Estimate(value, 1.0, 3, 9), 0.8, 0.1) for value in values], share)
    for one in tests:
        margin = abs(one.deviation.value) - one.reach
        if abs(margin) > 1e-9:
            assert (one.is_worse or one.is_better) == (margin > 0)
