from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

SIDE = 512
LABELS = np.zeros((SIDE, SIDE), np.int32)


@pytest.mark.parametrize("photons", [300.0, 3000.0])
def test_photon_transfer_curve(photons: float) -> None:
    """Variance over mean is a line: its slope is the gain, its intercept the read noise, as cameras are measured."""
    means, variances = [], []
    for grey in (40, 80, 120, 160):
        flat = np.full(LABELS.shape, grey, np.float32)
        noisy, _ = ARTEFACTS.get("camera_noise").distort(flat, LABELS, photons, generator("camera", grey))
        means.append(noisy.mean(dtype=float))
        variances.append(noisy.var(dtype=float))
    (gain, read_variance), covariance = np.polyfit(
        means, variances, 1, w=1 / (np.array(variances) * np.sqrt(2) / SIDE), cov="unscaled"
    )
    errors = np.sqrt(np.diag(covariance))
    assert gain == pytest.approx(255 / photons, abs=4 * errors[0])
    assert read_variance == pytest.approx((6 * 255 / photons) ** 2, abs=4 * errors[1])
    assert read_variance > 4 * errors[1]


def test_the_dark_is_cut_off_at_black() -> None:
    dark = ARTEFACTS.get("camera_noise").distort(np.zeros((64, 64), np.float32), LABELS, 100.0, generator("dark"))[0]
    assert 0.4 < (dark == 0).mean() < 0.6


def test_the_noise_of_another_intensity_is_the_same_field() -> None:
    flat = np.full(LABELS.shape, 128, np.float32)
    few, many = (
        ARTEFACTS.get("camera_noise").distort(flat, LABELS, photons, generator("camera"))[0]
        for photons in (300.0, 1000.0)
    )
    assert np.corrcoef(few.ravel(), many.ravel())[0, 1] > 0.9


def test_pixels_and_channels_are_independent() -> None:
    colour = np.full((*LABELS.shape, 3), 128, np.float32)
    noise = ARTEFACTS.get("camera_noise").distort(colour, LABELS, 300.0, generator("camera"))[0]
    pairs = [(noise[..., 0], noise[..., 1]), (noise[1:, :, 0], noise[:-1, :, 0]), (noise[:, 1:, 0], noise[:, :-1, 0])]
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / SIDE
