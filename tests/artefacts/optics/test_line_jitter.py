from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats
from skimage.registration import phase_cross_correlation

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

JITTER = ARTEFACTS.get("line_jitter")
IMAGE = ndimage.gaussian_filter(generator("image").uniform(0, 255, (200, 256)), 4) * 4 % 255
IMAGE = ndimage.gaussian_filter(IMAGE, 2).astype(np.float32)
LABELS = np.zeros(IMAGE.shape, np.int32)


def shifts_of(image: np.ndarray, sigma: float) -> np.ndarray:
    """Grey levels that rise by one a pixel show the shift of each row."""
    ramp = np.tile(np.arange(200, dtype=np.float32), (len(image), 1))
    moved, _ = JITTER.distort(ramp, np.zeros(ramp.shape, np.int32), sigma, generator("jitter"))
    return (moved - ramp)[:, 100]


def test_rows_are_shifted_by_a_gaussian_number_each() -> None:
    shifts = shifts_of(np.empty((400, 1)), 2.0)
    assert shifts.std() == pytest.approx(2, abs=4 * 2 / np.sqrt(800))
    assert stats.kstest(shifts / 2, "norm").pvalue > 0.001
    assert abs(np.corrcoef(shifts[1:], shifts[:-1])[0, 1]) < 4 / np.sqrt(400)
    np.testing.assert_allclose(shifts_of(np.empty((400, 1)), 4.0), 2 * shifts, atol=1e-3)  # one set of numbers


def test_phase_correlation_finds_the_shift_of_each_row() -> None:
    moved, _ = JITTER.distort(IMAGE, LABELS, 3.0, generator("jitter"))
    expected = shifts_of(IMAGE, 3.0)
    window = np.hanning(IMAGE.shape[1])
    for row in range(0, 200, 20):
        one, other = ((image[row] - image[row].mean()) * window for image in (IMAGE, moved))
        shift, *_ = phase_cross_correlation(one[None], other[None], upsample_factor=20, normalization=None)
        assert shift[1] == pytest.approx(expected[row], abs=0.3)


def test_a_row_is_the_one_that_spline_interpolation_gives() -> None:
    moved, _ = JITTER.distort(IMAGE, LABELS, 1.0, generator("jitter"))
    for row, shift in enumerate(shifts_of(IMAGE, 1.0)):
        expected = ndimage.shift(IMAGE[row].astype(float), -shift, mode="mirror")
        np.testing.assert_allclose(moved[row], np.clip(expected, 0, 255), atol=3)


def test_channels_shift_together() -> None:
    moved, _ = JITTER.distort(np.dstack([IMAGE] * 5), LABELS, 2.0, generator("jitter"))
    grey, _ = JITTER.distort(IMAGE, LABELS, 2.0, generator("jitter"))
    for channel in range(5):
        np.testing.assert_allclose(moved[..., channel], grey, atol=1e-3)
