"""Linearised values of pooled ratios: their mean is the ratio, their spread that of the ratio."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robustbench_cells.results.intervals import FrameOrder, estimates, ratio
from robustbench_cells.results.manifest import MetricInfo
from robustbench_cells.results.pooling import linearised, pooled_ratio, values_of
from robustbench_cells.types import Ratio

AP50 = Ratio({"tp": 1}, {"true": 1, "predicted": 1, "tp": -1})
COUNTS = arrays(float, (12, 3), elements=st.integers(0, 30).map(float))


def table(counts: np.ndarray) -> pd.DataFrame:
    """Of (tp, fp, fn)."""
    tp, fp, fn = counts.T
    return pd.DataFrame({"tp": tp, "true": tp + fn, "predicted": tp + fp})


@given(COUNTS, st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_the_mean_over_each_group_is_the_ratio_of_its_sums(counts: np.ndarray, groups: list[int]) -> None:
    of_record = np.unique(groups, return_inverse=True)[1]
    rows = table(counts)
    values = linearised(lambda name: rows[name].to_numpy(), [AP50], of_record)
    for group in range(of_record.max() + 1):
        tp, fp, fn = counts[of_record == group].sum(axis=0)
        found = values[of_record == group]
        if tp + fp + fn == 0:
            assert np.isnan(found).all()
        else:
            assert found.mean() == pytest.approx(tp / (tp + fp + fn), abs=1e-12)


@given(COUNTS)
def test_a_mean_of_ratios_is_the_mean_of_their_pooled_values(counts: np.ndarray) -> None:
    rows = table(counts + 1)
    ratios = [AP50, Ratio({"tp": 2}, {"true": 1, "predicted": 1})]
    each = [pooled_ratio(lambda name: rows[name].to_numpy(), [one]) for one in ratios]
    assert pooled_ratio(lambda name: rows[name].to_numpy(), ratios) == pytest.approx(np.mean(each))


def test_a_record_without_cells_adds_nothing() -> None:
    counts = np.array([[3.0, 1.0, 2.0], [0.0, 0.0, 0.0], [5.0, 0.0, 1.0]])
    rows = table(counts)
    values = linearised(lambda name: rows[name].to_numpy(), [AP50])
    assert values[1] == values.mean() == pytest.approx(8 / 12)


def test_its_interval_is_that_of_a_jackknife_of_the_ratio_itself() -> None:
    """To first order: over 60 frames of many cells within 2 %."""
    rng = np.random.default_rng(0)
    true = rng.integers(5, 60, 60)
    tp = rng.binomial(true, 0.8)
    rows = pd.DataFrame({"tp": tp, "true": true, "predicted": true}).astype(float)
    values = linearised(lambda name: rows[name].to_numpy(), [AP50])
    order = FrameOrder(np.arange(60), 1)
    linear = estimates(np.stack([values, np.ones(60)], axis=1)[None], ratio, order)
    exact = estimates(np.stack([tp, 2 * true - tp], axis=1)[None].astype(float), ratio, order)
    assert linear.values == pytest.approx(exact.values)
    assert linear.errors == pytest.approx(exact.errors, rel=0.02)


def test_scores_are_their_own_values() -> None:
    rows = pd.DataFrame({"jaccard": [0.5, np.nan, 1.0]})
    found = values_of(rows, "jaccard", MetricInfo(1, "mean", "highest", ""), np.zeros(3, np.int64))
    np.testing.assert_array_equal(found, rows["jaccard"])
    assert np.isnan(pooled_ratio(lambda name: np.array([]), [AP50]))
