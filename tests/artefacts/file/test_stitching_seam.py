from __future__ import annotations

import numpy as np
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

IMAGE = np.random.default_rng(0).uniform(80, 170, (40, 60)).astype(np.float32)
LABELS = np.zeros(IMAGE.shape, np.int32)


def change(step: float, key: int) -> np.ndarray:
    found, _ = ARTEFACTS.get("stitching_seam").distort(IMAGE, LABELS, step, generator("seam", key))
    return (found - IMAGE).astype(np.float64)


def test_there_is_one_step_of_the_given_height_and_tiles_are_flat() -> None:
    for key in range(30):
        jumps = [np.diff(change(30.0, key), axis=axis) for axis in (0, 1)]
        seam, flat = sorted(jumps, key=lambda jump: -np.abs(jump).max())
        np.testing.assert_allclose(flat, 0, atol=1e-4)
        np.testing.assert_allclose(np.abs(seam).sum() / seam.shape[1 if seam.shape[0] == 39 else 0], 30, rtol=1e-3)
        assert np.count_nonzero(np.abs(seam) > 1) == (60 if seam.shape[0] == 39 else 40)


def test_direction_side_and_place_are_uniform() -> None:
    """Binomial tests of direction and sign, and Kolmogorov and Smirnov's of the place, over 400 patches."""
    places, brighter, upright = [], 0, 0
    for key in range(400):
        steps = change(30.0, key)
        axis = 0 if np.ptp(steps[:, 0]) > 1 else 1
        profile = steps[:, 0] if axis == 0 else steps[0]
        places.append((np.argmax(np.abs(np.diff(profile))) + np.random.default_rng(key).random()) / (len(profile) - 1))
        brighter += profile[0] > 0
        upright += axis
    assert stats.binomtest(int(brighter), 400).pvalue > 0.001
    assert stats.binomtest(upright, 400).pvalue > 0.001
    assert stats.kstest(places, "uniform").pvalue > 0.001


def test_the_mean_of_both_tiles_stays() -> None:
    assert {round(float(value), 3) for value in np.unique(change(30.0, 0).round(3))} == {-15.0, 15.0}


def test_a_single_row_lies_in_one_tile_or_across_a_seam() -> None:
    row, labels = IMAGE[:1], LABELS[:1]
    for key in range(10):
        found, _ = ARTEFACTS.get("stitching_seam").distort(row, labels, 30.0, generator("seam", key))
        np.testing.assert_allclose(np.abs(found - row), 15, atol=1e-4)
