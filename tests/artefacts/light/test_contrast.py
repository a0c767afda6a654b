from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from skimage.util import invert

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

LEVELS = np.random.default_rng(0).integers(60, 180, (40, 50), dtype=np.uint8)
LABELS = np.zeros(LEVELS.shape, np.int32)


def scaled(image: np.ndarray, factor: float) -> np.ndarray:
    return ARTEFACTS.get("contrast").distort(image.astype(np.float32), LABELS, factor, generator("contrast"))[0]


@pytest.mark.parametrize("factor", [0.1, 0.5, 1.5, 4.0])
def test_it_is_that_of_pillow(factor: float) -> None:
    """Pillow rounds the mean, and the result to whole grey levels downwards."""
    reference = np.asarray(ImageEnhance.Contrast(Image.fromarray(LEVELS)).enhance(factor), np.float32)
    error = 1 + abs(factor - 1) / 2
    np.testing.assert_allclose(scaled(LEVELS, factor), reference, atol=error)


def test_it_inverts_at_minus_1() -> None:
    """Up to the offset that keeps the mean; and twice inverted is the image."""
    found, reference = scaled(LEVELS, -1.0), invert(LEVELS).astype(np.float64)
    np.testing.assert_allclose(found - found.mean(), reference - reference.mean(), atol=1e-3)
    assert found.mean() == pytest.approx(LEVELS.mean(), abs=1e-3)
    np.testing.assert_allclose(scaled(found, -1.0), LEVELS, atol=1e-3)


def test_nothing_is_left_at_0() -> None:
    np.testing.assert_allclose(scaled(LEVELS, 0.0), LEVELS.mean(), atol=1e-4)


def test_each_channel_keeps_its_mean() -> None:
    colour = np.dstack([LEVELS, LEVELS // 2])
    np.testing.assert_allclose(scaled(colour, 0.3).mean(axis=(0, 1)), colour.mean(axis=(0, 1)), rtol=1e-5)


def test_more_than_an_inversion_is_refused() -> None:
    with pytest.raises(ValueError, match=r"factor -1\.5: must be finite and -1 or more"):
        scaled(LEVELS, -1.5)
