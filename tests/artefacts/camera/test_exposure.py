from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

IMAGE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
LABELS = np.zeros(IMAGE.shape[:2], np.int32)


def exposed(stops: float, image: np.ndarray = IMAGE) -> np.ndarray:
    return ARTEFACTS.get("exposure").distort(image.astype(np.float32), LABELS, stops, generator("stops"))[0]


@pytest.mark.parametrize("stops", [-3.0, -0.5, 0.5, 2.0])
def test_against_pillow(stops: float) -> None:
    expected = np.asarray(ImageEnhance.Brightness(Image.fromarray(IMAGE)).enhance(2**stops))
    assert np.abs(exposed(stops) - expected).max() <= 1  # Pillow has whole grey levels


def test_stops_add_up_until_white() -> None:
    np.testing.assert_array_equal(exposed(1.0, exposed(1.0)), exposed(2.0))
    np.testing.assert_array_equal(exposed(2.0, exposed(-2.0)), IMAGE)
    assert (exposed(-2.0, exposed(2.0)) <= 64).all()  # what is white is lost
