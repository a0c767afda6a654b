"""Quantities of degradation curves."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.results.curves import break_point_distance, normalised_auc


@pytest.mark.parametrize(
    ("scores", "distances", "expected"),
    [
        ([0.99, 0.8], [0, 100], 100 * 0.09 / 0.19),
        ([0.8], [100], -inf),  # left-censored: the effect of the stretch alone is unknown
        ([0.95, 0.85], [50, 100], 75.0),  # above the limit at the first intensity that ran
        ([0.85, 0.8], [0, 100], 0.0),  # the stretch alone breaks it
        ([0.99, 0.95], [0, 100], inf),
        ([0.99, 0.8, 0.95], [0, 50, 100], 50 * 0.09 / 0.19),  # the first crossing counts
    ],
)
def test_a_break_point_is_where_a_score_first_falls_below_90_percent(
    scores: list[float], distances: list[float], expected: float
) -> None:
    assert break_point_distance(np.array(scores), np.array(1.0), distances) == pytest.approx(expected)


@pytest.mark.parametrize("scores", [[0.0, 0.0], [0.5, 0.5]])
def test_a_model_that_fails_on_clean_patches_breaks_at_the_neutral_intensity(scores: list[float]) -> None:
    assert break_point_distance(np.array(scores), np.array(0.0), [0, 100]) == 0


def test_break_points_of_several_curves() -> None:
    distances = break_point_distance(np.array([[0.99, 0.8], [0.99, 0.95]]), np.array([1.0, 1.0]), [0, 100])
    assert distances == pytest.approx([100 * 0.09 / 0.19, inf])


@given(st.floats(0, 1), st.lists(st.floats(0, 1e4), min_size=2, max_size=9, unique=True))
def test_the_normalised_area_under_a_flat_curve_is_its_score(score: float, intensities: list[float]) -> None:
    intensities = sorted(intensities)
    if intensities[-1] - intensities[0] > 1e-6:
        assert normalised_auc(np.full(len(intensities), score), intensities) == pytest.approx(score)
