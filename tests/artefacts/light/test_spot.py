from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

GREY = np.full((100, 150), 10, np.float32)
LABELS = np.zeros(GREY.shape, np.int32)


def lit(image: np.ndarray, ratio: float, name: str = "spot") -> np.ndarray:
    return ARTEFACTS.get(name).distort(image, LABELS, ratio, generator("spot"))[0]


def test_it_is_a_gaussian_density_of_a_fifth_of_the_side() -> None:
    excess = lit(GREY, 20.0) / 10 - 1
    centre = np.unravel_index(np.argmax(excess), excess.shape)
    density = stats.multivariate_normal(centre, np.diag([20.0**2, 30.0**2])).pdf(np.dstack(np.indices(GREY.shape)))
    # The centre lies between pixels, so the slope of the Gaussian bounds the difference.
    np.testing.assert_allclose(excess, 19 * density / density.max(), atol=19 * 0.61 * (0.5 / 20 + 0.5 / 30))
    assert excess.max() == pytest.approx(19, rel=1e-3)


def test_place_and_width_are_those_of_the_paper() -> None:
    """Both draw the same centre from the same generator; the paper's is stretched, so this one is too."""
    spot = lit(GREY, 20.0)
    stretched = (spot - spot.min()) / np.ptp(spot) * 255
    np.testing.assert_allclose(lit(GREY, 4000.0, "illumination"), stretched, atol=0.01)


def test_light_is_multiplied_so_that_cells_keep_their_contrast() -> None:
    cells = np.where(np.indices(GREY.shape).sum(axis=0) % 7 < 3, 15, 10).astype(np.float32)
    np.testing.assert_allclose(lit(cells, 10.0) / lit(GREY, 10.0), cells / 10, rtol=1e-5)


def test_the_camera_saturates() -> None:
    bright = lit(GREY * 10, 10.0)
    assert bright.max() == 255
    assert 0.05 < (bright == 255).mean() < 0.9
