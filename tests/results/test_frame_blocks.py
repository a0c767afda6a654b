"""Blocks of frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import toeplitz

from robustbench_cells.results.frame_blocks import block_design, correlation, frames_as_one


def test_frames_that_count_as_one_are_a_correlation() -> None:
    assert correlation(1) == 0
    rho = correlation(5)
    assert toeplitz(rho ** np.arange(4000)).mean() * 4000 == pytest.approx(5, rel=0.01)  # variance of a mean, times N


def test_independent_frames_are_their_own_blocks() -> None:
    design = block_design(np.arange(7), 1)
    assert design.starts.tolist() == list(range(7))
    assert (design.inflation, design.degrees) == (1, 6)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=14, unique=True), st.integers(2, 9))
def test_a_design_has_the_moments_of_correlated_frames(at: list[int], length: int) -> None:
    """Inflation and degrees of freedom from the jackknife as a quadratic form, the long way."""
    positions = np.sort(at)
    frames, design = len(at), block_design(positions, length)
    covariance = correlation(length) ** np.abs(np.subtract.outer(positions, positions)).astype(float)
    count = len(design.starts)
    member = np.searchsorted(design.starts, np.arange(frames), side="right") - 1 == np.arange(count)[:, None]
    without = (1 - member) / (frames - member.sum(axis=1, keepdims=True))
    centred = np.sqrt((count - 1) / count) * (without - without.mean(axis=0))
    form = centred @ covariance @ centred.T
    assert design.inflation**2 == pytest.approx(covariance.mean() / np.trace(form))
    assert design.degrees == pytest.approx(np.trace(form) ** 2 / np.square(form).sum())


def test_frames_far_apart_are_as_good_as_independent() -> None:
    design = block_design(np.arange(12) * 1000, 5)
    assert design.inflation == pytest.approx(1)
    assert design.degrees == pytest.approx(11)


def test_a_long_recording_is_no_problem() -> None:
    design = block_design(np.arange(20_000), 5)
    assert design.inflation < 1.1
    assert design.degrees > 100


def _series(rho: float, frames: int, runs: int = 200) -> np.ndarray:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((runs, frames))
    for frame in range(1, frames):
        values[:, frame] = rho * values[:, frame - 1] + np.sqrt(1 - rho**2) * values[:, frame]
    return values


@pytest.mark.parametrize("rho", [0.6, 0.8])
def test_correlated_frames_show_that_they_are(rho: float) -> None:
    found = frames_as_one(_series(rho, 960), np.arange(960), 1)
    assert np.median(found) == pytest.approx((1 + rho) / (1 - rho), rel=0.25)


def test_every_fourth_frame_is_measured_in_frames_of_the_sequence() -> None:
    found = frames_as_one(_series(0.9, 2400)[:, ::4], np.arange(0, 2400, 4), 1)
    assert np.median(found) == pytest.approx(1.9 / 0.1, rel=0.25)


def test_independent_frames_rarely_seem_correlated() -> None:
    found = frames_as_one(_series(0, 60), np.arange(60), 1)
    assert (found == 1).mean() > 0.85
    assert (frames_as_one(_series(0, 60), np.arange(60), 5) == 5).mean() > 0.98


def test_frames_that_count_as_one_never_leave_less_than_two_blocks() -> None:
    trend = np.arange(20.0)[None]
    assert 5 < frames_as_one(trend, np.arange(20), 5)[0] <= 10


@pytest.mark.parametrize("values", [[[0.5] * 8], [[np.nan] * 8], [[0.1, 0.2]]])
def test_what_shows_nothing_leaves_the_least(values: list[list[float]]) -> None:
    assert frames_as_one(np.array(values), np.arange(len(values[0])), 3).tolist() == [3]
