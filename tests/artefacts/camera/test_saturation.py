from __future__ import annotations

import numpy as np
import pytest
from skimage import exposure

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

IMAGE = np.random.default_rng(0).gamma(4, 20, (128, 96)).clip(0, 250).astype(np.float32)
LABELS = np.zeros(IMAGE.shape, np.int32)


def saturated(share: float, image: np.ndarray = IMAGE) -> np.ndarray:
    return ARTEFACTS.get("saturation").distort(image, LABELS, share, generator("white"))[0]


@pytest.mark.parametrize("share", [3.0, 10.0, 60.0, 100.0])
def test_that_share_of_pixels_is_white(share: float) -> None:
    assert 100 * (saturated(share) == 255).mean() == pytest.approx(share, abs=200 / IMAGE.size)


@pytest.mark.parametrize("share", [1.0, 30.0])
def test_against_scikit_image(share: float) -> None:
    """The stretch of the range from black to that percentile, which leaves black where it is."""
    white = np.percentile(IMAGE, 100 - share, method="lower")
    expected = exposure.rescale_intensity(IMAGE, in_range=(0, white), out_range=(0, 255))
    np.testing.assert_allclose(saturated(share), expected, atol=1e-3)


def test_channels_share_one_gain() -> None:
    colour = np.dstack([IMAGE, IMAGE / 2, IMAGE / 4])
    bright = saturated(1.0, colour)
    assert 100 * (bright == 255).mean() == pytest.approx(1, abs=0.05)
    below = bright[..., 0] < 255
    np.testing.assert_allclose(bright[below, 1] * 2, bright[below, 0], rtol=1e-5)


def test_black_images_and_those_with_more_white_stay() -> None:
    black = np.zeros((20, 30), np.float32)
    np.testing.assert_array_equal(saturated(10.0, black), black)
    white = np.where(np.median(IMAGE) < IMAGE, np.float32(255), IMAGE)
    np.testing.assert_allclose(saturated(10.0, white), white, rtol=1e-6)
