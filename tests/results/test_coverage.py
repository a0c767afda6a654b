"""How often the intervals hold the truth: a few cells of the table in docs/measured.md."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.randomness import generator
from robustbench_cells.results.coverage import FRAME_SD, PATCH_SD, PATCHES, _draw, simulate_coverage

RUNS = 500
# what 93 % coverage falls below once in ten thousand simulations, by the binomial distribution: 88 %
LEAST = stats.binom.ppf(1e-4, RUNS, 0.93) / RUNS


@pytest.mark.parametrize(("frames", "correlation"), [(8, 0.6), (24, 0.6), (60, 0.0), (60, 0.6), (240, 0.3)])
def test_intervals_hold_what_they_say(frames: int, correlation: float) -> None:
    for one in simulate_coverage(frames=[frames], correlations=[correlation], runs=RUNS, seed=1):
        assert one.held >= LEAST, one


def test_independent_frames_need_no_more_than_student() -> None:
    for one in simulate_coverage(frames=[8, 60], correlations=[0.0], block=1, runs=RUNS):
        assert LEAST <= one.held < 0.99, one
        assert one.width < 1.25 if one.frames == 8 else 1.1, one


def test_few_blocks_are_counted() -> None:
    shares = {
        one.frames: one.few for one in simulate_coverage(frames=[24, 60], correlations=[0.0], runs=20, only="mean")
    }
    assert shares == {24: 1, 60: 0}


def test_simulated_frames_have_the_moments_that_are_stated() -> None:
    sums = _draw(2000, 6, 0.6, generator("test"))
    for series in (sums[..., 0] / PATCHES, (sums[..., 3] - sums[..., 0]) / PATCHES):
        assert series.var() == pytest.approx(FRAME_SD**2 + PATCH_SD**2 / PATCHES, rel=0.05)
        first, second = series[:, :-1].ravel(), series[:, 1:].ravel()
        assert np.cov(first, second)[0, 1] == pytest.approx(0.6 * FRAME_SD**2, rel=0.1)
    assert sums[..., 7].sum() / sums[..., 9].sum() == pytest.approx(1.1, rel=0.01)
