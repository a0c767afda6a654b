from __future__ import annotations

import numpy as np
import pytest
from skimage.exposure import adjust_gamma

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

LEVELS = np.arange(256, dtype=np.float32).reshape(8, 32)
LABELS = np.zeros(LEVELS.shape, np.int32)


@pytest.mark.parametrize("exponent", [0.2, 0.5, 2.0, 5.0])
def test_it_is_that_of_scikit_image(exponent: float) -> None:
    found, _ = ARTEFACTS.get("gamma").distort(LEVELS, LABELS, exponent, generator("gamma"))
    np.testing.assert_allclose(found, adjust_gamma(LEVELS.astype(np.float64) / 255, exponent) * 255, atol=1e-3)


def test_an_exponent_of_1_over_2_2_is_close_to_srgb() -> None:
    """IEC 61966-2-1: 0.0031308 and below is straight, above is 1.055 x^(1/2.4) - 0.055."""
    linear = LEVELS / 255
    standard = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    found, _ = ARTEFACTS.get("gamma").distort(LEVELS, LABELS, 1 / 2.2, generator("gamma"))
    assert np.abs(found - standard).max() < 10
    assert np.abs(found - standard).mean() < 2
