"""Jackknife, Student's t and Holm's correction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from robustbench_cells.gate.statistics import Estimate, block_sums, holm, jackknife


def test_sums_over_blocks() -> None:
    values = np.array([[1.0, 1], [2, 1], [4, 1]])
    assert block_sums(values, np.array([0, 0, 1])).tolist() == [[3, 2], [4, 1]]


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=30).filter(lambda values: np.std(values) > 1e-3))
def test_the_jackknife_of_a_mean_agrees_with_students_t_test(values: list[float]) -> None:
    sums = np.column_stack([values, np.ones(len(values))])
    estimate = jackknife(sums, lambda sums: sums[..., 0] / sums[..., 1])
    reference = ttest_1samp(values, 0.0, alternative="less")
    assert estimate.value == pytest.approx(np.mean(values))
    assert estimate.p_below(0.0) == pytest.approx(reference.pvalue, abs=1e-9)
    both = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert estimate.interval() == pytest.approx((both.low, both.high))


def test_an_estimate_without_error_has_a_p_value_of_0_or_1() -> None:
    assert Estimate(0.0, 0.0, 8).p_below(-0.01) == 1
    assert Estimate(-0.02, 0.0, 8).p_below(-0.01) == 0
    assert Estimate(-0.01, 0.0, 8).p_below(-0.01) == 1  # at the bound is not below it


def test_one_block_is_uninformative() -> None:
    estimate = jackknife(np.array([[-5.0, 1.0]]), lambda sums: sums[..., 0] / sums[..., 1])
    assert estimate.p_below(0.0) == 1
    assert estimate.interval() == (float("-inf"), float("inf"))


def test_an_interval_agrees_with_students_t() -> None:
    low, high = Estimate(1.0, 0.1, 12).interval()
    assert (low, high) == pytest.approx((1 - 0.1 * t.ppf(0.975, 11), 1 + 0.1 * t.ppf(0.975, 11)))


def test_holms_step_down_procedure() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_keeps_the_order_and_never_lowers_a_p_value(values: list[float]) -> None:
    adjusted = holm(values)
    assert (adjusted >= np.array(values) - 1e-12).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(values, kind="stable")]) >= 0).all()
    assert (adjusted <= np.minimum(1, len(values) * np.array(values)) + 1e-12).all()  # never stricter than Bonferroni
