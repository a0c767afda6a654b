from __future__ import annotations

import numpy as np
import pytest
from skimage.feature import peak_local_max

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

LABELS = np.zeros((512, 512), np.int32)
DUST = ARTEFACTS.get("dust")


def test_light_is_lost_by_the_law_of_beer_and_lambert() -> None:
    """The share that is lost does not depend on the light, and absorbances add: 2π s² τ for each speck."""
    losses = []
    for number in range(30):
        bright, dim = (
            DUST.distort(np.full(LABELS.shape, grey, np.float32), LABELS, 400.0, generator("dust", number))[0] / grey
            for grey in (240, 60)
        )
        np.testing.assert_allclose(bright, dim, rtol=1e-5)
        losses.append(-np.log(bright).sum())
    specks = 400 * LABELS.size / 1e6
    squares = (12**3 - 3**3) / (3 * (12 - 3))  # mean of s², s uniform in 3 to 12
    expected = specks * 2 * np.pi * squares * (0.2 + 0.9) / 2
    # A few specks lie across the border, and lose a half there: on average s sqrt(2 / π) / side a border.
    outside = 4 * np.sqrt(1 / (2 * np.pi)) * (12**4 - 3**4) / (4 * 9) / squares / 512
    assert np.mean(losses) == pytest.approx(expected * (1 - outside), abs=4 * np.std(losses) / np.sqrt(30))


def test_specks_are_as_many_as_asked_for() -> None:
    dusty, _ = DUST.distort(np.full(LABELS.shape, 200, np.float32), LABELS, 20.0, generator("few"))
    minima = peak_local_max(-dusty, min_distance=3, threshold_abs=-180, exclude_border=False)
    assert len(minima) == pytest.approx(20 * LABELS.size / 1e6, abs=1)


def test_more_dust_lets_no_pixel_through_that_less_dust_darkened() -> None:
    image = generator("image").random(LABELS.shape).astype(np.float32) * 255
    few, many = (DUST.distort(image, LABELS, specks, generator("dust"))[0] for specks in (50.0, 500.0))
    assert (many <= few + 1e-4).all()
    assert (few <= image + 1e-4).all()
