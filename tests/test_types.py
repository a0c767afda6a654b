"""The vocabulary."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.types import ScoreRange


@given(st.floats() | st.sampled_from([0.0, 1.0]), st.sampled_from([None, 0.0, -2.5]), st.sampled_from([None, 1.0, 7.0]))
def test_a_range_says_the_same_of_one_score_and_of_many(score: float, low: float | None, high: float | None) -> None:
    allowed = ScoreRange(low, high)
    expected = isnan(score) or (
        abs(score) < inf and not ((low is not None and score < low) or (high is not None and score > high))
    )
    assert allowed.allows(score) == expected
    assert allowed.excludes(np.array([score, 0.5])).tolist() == [not expected, False]


@pytest.mark.parametrize(
    ("allowed", "text", "width"),
    [
        (ScoreRange(0, 1), "finite numbers from 0 to 1", 1),
        (ScoreRange(low=0), "finite numbers of at least 0", inf),
        (ScoreRange(high=3), "finite numbers of at most 3", inf),
        (ScoreRange(), "finite numbers", inf),
    ],
)
def test_a_range_in_words(allowed: ScoreRange, text: str, width: float) -> None:
    assert str(allowed) == text
    assert allowed.width == width
