"""Intervals over frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from robustbench_cells.results.intervals import Estimates, Floats, FrameOrder, assign_blocks, estimates, ratio

_SCORES = arrays(float, st.tuples(st.integers(11, 40)), elements=st.floats(0, 1))


def _order(frames: int, length: int = 5) -> FrameOrder:
    return FrameOrder(np.arange(frames), length)


def _of_frames(values: Floats, length: int = 5, patches: int = 6) -> Estimates:
    sums = np.stack([patches * values, np.full(values.shape, float(patches))], axis=-1)
    return estimates(sums, ratio, _order(values.shape[-1], length))


def _interval(values: Floats, length: int = 5) -> tuple[float, float]:
    low, high = _of_frames(values[None], length).limits()
    return float(low[0]), float(high[0])


def test_blocks_are_consecutive_frames_of_the_whole_sequence() -> None:
    assert assign_blocks(range(12), 5).tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]
    assert assign_blocks([0, 8, 17, 25], 5).tolist() == [0, 1, 2, 3]  # a sparse subset: far apart
    assert assign_blocks([3, 4, 5], 1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("length", [0, -1])
def test_an_empty_block_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        assign_blocks([0], length)


@pytest.mark.parametrize("frames", [2, 8, 30])
def test_independent_frames_have_the_textbook_interval(frames: int) -> None:
    values = np.random.default_rng(4).normal(0.5, 0.1, frames)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert _interval(values, length=1) == pytest.approx((expected.low, expected.high))


def test_paired_difference_of_independent_frames_has_the_textbook_interval() -> None:
    one, other = np.random.default_rng(5).normal(0.5, 0.1, (2, 20))
    sums = np.column_stack([6 * one, 6 * other, np.full(20, 6.0)])
    found = estimates(sums[None], lambda sums: (sums[..., 1] - sums[..., 0]) / sums[..., 2], _order(20, 1))
    expected = stats.ttest_rel(other, one).confidence_interval(0.95)
    assert np.ravel(found.limits()) == pytest.approx([expected.low, expected.high])


def test_ratio_of_independent_frames_has_the_error_of_survey_sampling() -> None:
    """The linearised variance of a ratio of totals (Cochran 1977, equation 6.13), which the jackknife approximates."""
    rng = np.random.default_rng(7)
    true = rng.poisson(100, 60).astype(float)
    predicted = 1.2 * true + rng.normal(0, 5, 60)
    found = estimates(np.column_stack([predicted, true])[None], ratio, _order(60, 1))
    share = predicted.sum() / true.sum()
    assert (found.values[0], found.blocks[0]) == (pytest.approx(share), 60)
    linearised = np.sqrt(np.square(predicted - share * true).sum() / (59 * 60)) / true.mean()
    assert found.errors[0] == pytest.approx(linearised, rel=0.01)


@given(_SCORES, st.integers(1, 5))
def test_an_interval_contains_its_mean(scores: Floats, length: int) -> None:
    low, high = _interval(scores, length)
    assert low - 1e-12 <= scores.mean() <= high + 1e-12


@given(_SCORES, st.floats(-3, 3), st.floats(0.01, 100), st.integers(1, 5))
def test_an_interval_moves_and_scales_with_the_scores(scores: Floats, shift: float, scale: float, length: int) -> None:
    scores = scores.round(3)  # an autocorrelation at its limit may round either way
    low, high = _interval(scores, length)
    moved = _interval(shift + scale * scores, length)
    assert moved == pytest.approx((shift + scale * low, shift + scale * high), rel=1e-6, abs=1e-6 * scale)


@given(arrays(float, (12, 6), elements=st.floats(0, 1)), st.randoms(use_true_random=False))
def test_order_of_the_patches_of_a_frame_is_irrelevant(scores: Floats, random: object) -> None:
    shuffled = np.random.default_rng(random.randrange(2**32)).permuted(scores, axis=1)  # type: ignore[attr-defined]
    assert _interval(shuffled.mean(axis=1)) == pytest.approx(_interval(scores.mean(axis=1)), abs=1e-9)


@given(_SCORES)
def test_an_interval_is_the_same_alone_and_among_others(scores: Floats) -> None:
    others = np.random.default_rng(0).random((3, len(scores)))
    together = _of_frames(np.vstack([others, scores]))
    assert tuple(limit[-1] for limit in together.limits()) == pytest.approx(_interval(scores))


def test_more_frames_that_count_as_one_widen_the_interval() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, (200, 60))
    widths = [np.diff(_of_frames(values, length).limits(), axis=0).mean() for length in (1, 2, 5, 10)]
    assert widths == sorted(widths)
    assert 1.2 < widths[2] / widths[0] < 1.9  # the price of 5 instead of 1


def test_blocks_of_frames_that_count_as_one_are_counted() -> None:
    assert _of_frames(np.random.default_rng(1).random((1, 24))).blocks.tolist() == [5]
    assert _of_frames(np.random.default_rng(1).random((1, 24)), length=1).blocks.tolist() == [24]
    slow = np.sin(np.arange(60) / 8)[None]  # neighbours are nearly equal
    assert _of_frames(slow).blocks[0] < 6


def test_constant_values_have_an_interval_without_width() -> None:
    assert _interval(np.full(12, 0.5)) == (0.5, 0.5)
    low, high = _interval(np.array([0.3, 0.1 + 0.2] * 6))  # equal up to rounding
    assert low == high == pytest.approx(0.3)


@pytest.mark.parametrize("frames", [1, 5])
def test_one_block_has_no_interval(frames: int) -> None:
    found = _of_frames(np.random.default_rng(0).random((1, frames)))
    assert np.isnan(found.limits()).all()
    assert np.isfinite(found.values).all()
    assert found.blocks.tolist() == [1]


def test_frames_without_a_value_do_not_count() -> None:
    values = np.random.default_rng(0).random(12)
    sums = np.column_stack([values, np.ones(12)])
    empty = np.vstack([sums, np.zeros((4, 2))])
    assert np.ravel(estimates(empty[None], ratio, _order(16, 1)).limits()) == pytest.approx(_interval(values, 1))


def test_without_any_value_nothing_is_known() -> None:
    found = estimates(np.zeros((1, 8, 2)), ratio, _order(8))
    assert np.isnan(found.values).all()
    assert np.isnan(found.limits()).all()
    assert found.blocks.tolist() == [0]


def test_a_statistic_that_hangs_on_one_frame_has_no_interval() -> None:
    sums = np.column_stack([np.random.default_rng(0).random(12), np.eye(12)[0]])
    found = estimates(sums[None], ratio, _order(12, 1))
    assert np.isnan(found.limits()).all()
