"""Brackets of break-points."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.results.brackets import Crossing, locate_crossing
from robustbench_cells.results.intervals import FrameOrder
from tests.support.simulated_curves import GRIDS, simulate

Floats = npt.NDArray[np.float64]


def frame_sums(means: list[float], error: float | list[float] = 0.0, frames: int = 12) -> Floats:
    """Scores of independent frames whose means have these standard errors: alternately above and below."""
    swing = np.where(np.arange(frames) % 2, 1.0, -1.0) * np.sqrt(frames - 1)
    scores = np.asarray(means)[:, None] + np.broadcast_to(error, len(means))[:, None] * swing
    return np.stack([scores, np.ones_like(scores)], axis=-1)


def locate(scores: Floats, at: list[float], level: float = 0.9, clean: Floats | None = None) -> Crossing:
    return locate_crossing(scores, FrameOrder(np.arange(scores.shape[1]), 1), at, level, clean)


def bracket(found: Crossing) -> tuple[float, float]:
    return found.near, found.far


@pytest.mark.parametrize("shared", [True, False], ids=["frames alike", "frames new at each intensity"])
def test_brackets_hold_the_break_points_of_200_curves_on_each_grid(shared: bool) -> None:
    found = list(simulate(200, 24, seed=16, shared=shared))
    for grid in GRIDS:
        part = [one.is_held for one in found if one.grid == grid]
        assert len(part) == 200
        assert np.mean(part) >= 0.95
    finite = [one.found for one in found if one.found.far < inf]
    assert len(finite) > 300  # it is no feat to hold everything between nothing and infinity
    assert np.median([one.far - one.near for one in finite]) <= 100


@pytest.mark.parametrize(
    ("means", "errors", "expected"),
    [
        ([1, 1, 0.5], 0, (50, 200)),  # what lies between is hidden
        ([1, 0.5, 0.5], 0, (0, 50)),
        ([1, 1, 1], 0, (200, inf)),
        ([0.5, 0.5, 0.5], 0, (0, 0)),  # broken at the neutral intensity
        ([1, 0.91, 0.5], [0, 0.02, 0], (0, 200)),  # 50 may be above or below
        ([1, 0.89, 0.5], [0, 0.02, 0], (0, 200)),
        ([0.91, 0.91, 0.5], [0.02, 0.02, 0], (0, 200)),
        ([1, 1, 0.89], [0, 0, 0.02], (50, inf)),
        ([1, 0.5, 1], 0, (0, 50)),  # a recovery later on changes nothing
        ([1, 0.87, 1], [0, 0.0125, 0], (0, inf)),  # a dip that is one of several chances
        ([1, 0.87, 0.87], [0, 0.0125, 0.0125], (0, 50)),  # … but not if it lasts
        ([1, nan, 0.5], 0, (0, 200)),  # without a score it might as well not have run
        ([nan, 1, 0.5], 0, (50, 200)),
        ([1, 0.5, nan], 0, (0, 50)),
    ],
)
def test_a_bracket_goes_from_the_last_surely_above_to_the_first_surely_below(
    means: list[float], errors: float | list[float], expected: tuple[float, float]
) -> None:
    scores = frame_sums(means, errors)
    scores[np.isnan(scores[..., 0])] = 0
    found = locate(scores, [0, 50, 200])
    assert bracket(found) == expected
    assert found.near <= found.value <= found.far


def test_without_the_neutral_intensity_the_near_end_may_be_unknown() -> None:
    assert bracket(locate(frame_sums([0.5, 0.5]), [50, 200], 0.9)) == (-inf, 50)
    assert bracket(locate(frame_sums([0.91, 0.5], [0.02, 0]), [50, 200], 0.9)) == (-inf, 200)
    assert bracket(locate(frame_sums([1, 0.5]), [50, 200], 0.9)) == (50, 200)


def test_a_relative_limit_is_compared_frame_by_frame() -> None:
    """Frames differ by more than the fall, but each keeps 95 % of its own clean score."""
    clean = frame_sums([0.6], 0.1)
    assert bracket(locate(clean * [0.95, 1], [50], 0.9, clean[0])) == (50, inf)
    assert bracket(locate(clean * [0.95, 1], [50], 0.54)) == (-inf, inf)
    assert bracket(locate(clean * [0, 1], [0], 0.9, clean[0] * [0, 1])) == (0, 0)


def test_without_scores_nothing_is_known() -> None:
    for found in (
        locate(np.zeros((2, 3, 2)), [0, 50], 0.9),
        locate(frame_sums([1, 0.5], frames=3), [0, 50], 0.9, np.zeros((3, 2))),
    ):
        assert isnan(found.value)
        assert (*bracket(found), found.gaps) == (-inf, inf, ())


def test_of_a_single_frame_the_means_decide() -> None:
    assert bracket(locate(frame_sums([1, 0.91, 0.5], frames=2)[:, :1], [0, 50, 200], 0.9)) == (50, 200)


def test_an_intensity_that_one_frame_has_is_not_sure() -> None:
    scores = frame_sums([1, 0.95, 0.5])
    scores[1, 1:] = 0
    assert bracket(locate(scores, [0, 50, 200])) == (0, 200)


@pytest.mark.parametrize(
    ("means", "errors", "gaps"),
    [
        ([1, 1, 0.5, 0.5], 0, [(50, 100)]),
        ([1, 0.9, 0.9, 0.5], [0, 0.02, 0.02, 0], [(0, 50), (100, 200)]),
        ([0.9, 0.9, 0.5, 0.5], [0.02, 0.02, 0, 0], [(50, 100)]),  # nothing lies before the neutral intensity
        ([0.5, 0.5, 0.5, 0.5], 0, []),
        ([1, 1, 1, 0.9], [0, 0, 0, 0.02], []),
    ],
)
def test_gaps_are_where_another_intensity_makes_a_bracket_narrower(
    means: list[float], errors: float | list[float], gaps: list[tuple[float, float]]
) -> None:
    assert list(locate(frame_sums(means, errors), [0, 50, 100, 200], 0.9).gaps) == gaps


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.2)), min_size=1, max_size=9),
    st.floats(0, 1),
    st.integers(1, 9),
    st.booleans(),
)
def test_a_bracket_ends_where_something_ran_and_holds_the_interpolated_value(
    curve: list[tuple[float, float]], level: float, frames: int, starts_at_neutral: bool
) -> None:
    at = [10.0 * number + (0 if starts_at_neutral else 10) for number in range(len(curve))]
    scores = frame_sums([mean for mean, _ in curve], [error for _, error in curve], max(frames, 2))[:, :frames]
    found = locate(scores, at, level)
    assert {found.near, found.far} <= {-inf, inf, *at}
    assert found.near <= found.value <= found.far
    assert all(found.near <= one < other <= found.far for one, other in found.gaps)
