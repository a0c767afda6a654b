from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

BLUR = ARTEFACTS.get("blur")


@pytest.mark.parametrize("sigma", BLUR.grid("full"))
def test_a_point_becomes_a_spot_of_unit_sum_and_variance_sigma_squared(sigma: float) -> None:
    point = np.zeros((129, 129), np.float32)
    point[64, 64] = 255
    spot = BLUR.distort(point, np.zeros(point.shape, np.int32), sigma, generator(0))[0].astype(float) / 255
    steps = np.arange(-64, 65)
    assert spot.sum() == pytest.approx(1, abs=1e-4)
    assert (spot.sum(0) * steps**2).sum() == pytest.approx(sigma**2, rel=0.01)
    assert (spot.sum(1) * steps**2).sum() == pytest.approx(sigma**2, rel=0.01)


@pytest.mark.parametrize("sigma", [1.0, 3.0])
@pytest.mark.parametrize("period", [8, 16])
def test_a_grating_loses_the_contrast_that_the_transform_of_a_gaussian_says(sigma: float, period: int) -> None:
    grating = np.tile(128 + 100 * np.cos(2 * np.pi * np.arange(129) / period), (40, 1)).astype(np.float32)
    blurred, _ = BLUR.distort(grating, np.zeros(grating.shape, np.int32), sigma, generator(0))
    contrast = np.exp(-2 * (np.pi * sigma / period) ** 2)
    np.testing.assert_allclose(blurred, 128 + contrast * (grating - 128), atol=0.05)


def test_blur_after_blur_adds_variances() -> None:
    image = generator("image").uniform(0, 255, (64, 64)).astype(np.float32)
    labels = np.zeros(image.shape, np.int32)
    once, _ = BLUR.distort(image, labels, 5.0, generator(0))
    twice, _ = BLUR.distort(BLUR.distort(image, labels, 3.0, generator(0))[0], labels, 4.0, generator(0))
    np.testing.assert_allclose(once, twice, atol=0.1)
