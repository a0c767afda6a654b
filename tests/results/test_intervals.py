from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from robustbench_cells.gate.statistics import Estimate, block_sums, holm, jackknife
from robustbench_cells.results.intervals import blocks, mean_interval


def test_blocks_are_of_consecutive_frames_of_the_whole_sequence() -> None:
    assert blocks(range(12), 5).tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]
    assert blocks([0, 8, 17, 25], 5).tolist() == [0, 1, 2, 3]  # few of many: far apart
    assert blocks([3, 4, 5], 1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("length", [0, -1])
def test_a_block_has_a_frame(length: int) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        blocks([0], length)


def test_sums_over_blocks() -> None:
    values = np.array([[1.0, 1], [2, 1], [4, 1]])
    assert block_sums(values, np.array([0, 0, 1])).tolist() == [[3, 2], [4, 1]]


def test_an_interval_of_what_never_varies_is_that() -> None:
    assert mean_interval(np.array([[2.0, 4], [1, 2]])) == (0.5, 0.5)


def test_an_interval_of_what_varies_by_rounding_alone_is_that() -> None:
    low, high = mean_interval(np.array([[0.3, 1], [0.1 + 0.2, 1], [0.3, 1]]))
    assert (low, high) == (0.3, 0.3)


@pytest.mark.parametrize("sums", [[[2.0, 4]], [[2.0, 4], [0, 0]]])
def test_one_block_has_no_interval(sums: list[list[float]]) -> None:
    assert np.isnan(mean_interval(np.array(sums))).all()


def test_an_interval_holds_the_mean_and_narrows_with_more_blocks() -> None:
    rng = np.random.default_rng(0)
    few, many = (np.column_stack([rng.normal(0.5, 0.1, n) * 6, np.full(n, 6.0)]) for n in (10, 200))
    for sums in (few, many):
        low, high = mean_interval(sums)
        assert low < sums[:, 0].sum() / sums[:, 1].sum() < high
        assert mean_interval(sums) == (low, high)  # the same every time
    assert np.diff(mean_interval(many)) < np.diff(mean_interval(few)) / 2


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=30).filter(lambda values: np.std(values) > 1e-3))
def test_the_jackknife_of_a_mean_is_students_test(values: list[float]) -> None:
    sums = np.column_stack([values, np.ones(len(values))])
    estimate = jackknife(sums, lambda sums: sums[..., 0] / sums[..., 1])
    reference = ttest_1samp(values, 0.0, alternative="less")
    assert estimate.value == pytest.approx(np.mean(values))
    assert estimate.p_below(0.0) == pytest.approx(reference.pvalue, abs=1e-9)
    both = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert estimate.interval() == pytest.approx((both.low, both.high))


def test_an_estimate_without_error_is_sure() -> None:
    assert Estimate(0.0, 0.0, 8).p_below(-0.01) == 1
    assert Estimate(-0.02, 0.0, 8).p_below(-0.01) == 0
    assert Estimate(-0.01, 0.0, 8).p_below(-0.01) == 1  # at the bound is not below it


def test_one_block_says_nothing() -> None:
    estimate = jackknife(np.array([[-5.0, 1.0]]), lambda sums: sums[..., 0] / sums[..., 1])
    assert estimate.p_below(0.0) == 1
    assert estimate.interval() == (float("-inf"), float("inf"))


def test_an_interval_is_students() -> None:
    low, high = Estimate(1.0, 0.1, 12).interval()
    assert (low, high) == pytest.approx((1 - 0.1 * t.ppf(0.975, 11), 1 + 0.1 * t.ppf(0.975, 11)))


def test_holms_own_steps() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_keeps_the_order_and_never_lowers(values: list[float]) -> None:
    adjusted = holm(values)
    assert (adjusted >= np.array(values) - 1e-12).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(values, kind="stable")]) >= 0).all()
    assert (adjusted <= np.minimum(1, len(values) * np.array(values)) + 1e-12).all()  # never sterner than Bonferroni
