from __future__ import annotations

import cv2
import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

IMAGE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
LABELS = np.zeros(IMAGE.shape[:2], np.int32)


@pytest.mark.parametrize("offset", [-255, -40, 20, 120])
def test_against_the_saturating_sum_of_opencv(offset: int) -> None:
    shift = np.full_like(IMAGE, abs(offset))
    expected = cv2.add(IMAGE, shift) if offset > 0 else cv2.subtract(IMAGE, shift)
    found, _ = ARTEFACTS.get("pedestal").distort(IMAGE.astype(np.float32), LABELS, float(offset), generator("offset"))
    np.testing.assert_array_equal(found, expected)


def test_differences_of_grey_levels_stay_but_contrast_falls() -> None:
    """Michelson's contrast of a grating, (max - min) / (max + min), falls as stray light does it."""
    grating = np.tile(np.array([50, 100], np.float32), (8, 8))
    raised, _ = ARTEFACTS.get("pedestal").distort(grating, LABELS[:8, :16], 75.0, generator("offset"))
    assert np.ptp(raised) == 50
    assert np.ptp(raised) / (raised.max() + raised.min()) == pytest.approx(50 / 300)
