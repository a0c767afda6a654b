"""Intervals over blocks of frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.results.intervals import assign_blocks, mean_interval, percentile_interval, resample_blocks


def test_blocks_are_consecutive_frames_of_the_whole_sequence() -> None:
    assert assign_blocks(range(12), 5).tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]
    assert assign_blocks([0, 8, 17, 25], 5).tolist() == [0, 1, 2, 3]  # a sparse subset: far apart
    assert assign_blocks([3, 4, 5], 1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("length", [0, -1])
def test_an_empty_block_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        assign_blocks([0], length)


def test_constant_values_have_an_interval_without_width() -> None:
    assert mean_interval(np.array([[2.0, 4], [1, 2]])) == (0.5, 0.5)


def test_values_equal_up_to_rounding_have_an_interval_without_width() -> None:
    low, high = mean_interval(np.array([[0.3, 1], [0.1 + 0.2, 1], [0.3, 1]]))
    assert (low, high) == (0.3, 0.3)


@pytest.mark.parametrize("sums", [[[2.0, 4]], [[2.0, 4], [0, 0]]])
def test_one_block_has_no_interval(sums: list[list[float]]) -> None:
    assert np.isnan(mean_interval(np.array(sums))).all()


def test_an_interval_contains_the_mean_and_narrows_with_more_blocks() -> None:
    rng = np.random.default_rng(0)
    few, many = (np.column_stack([rng.normal(0.5, 0.1, n) * 6, np.full(n, 6.0)]) for n in (10, 200))
    for sums in (few, many):
        low, high = mean_interval(sums)
        assert low < sums[:, 0].sum() / sums[:, 1].sum() < high
        assert mean_interval(sums) == (low, high)  # reproducible
    assert np.diff(mean_interval(many)) < np.diff(mean_interval(few)) / 2


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_interval_of_a_resampled_mean_lies_within_the_values(values: list[float]) -> None:
    sums = np.column_stack([values, np.ones(len(values))])
    low, high = percentile_interval((drawn := resample_blocks(sums))[:, 0] / drawn[:, 1])
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
