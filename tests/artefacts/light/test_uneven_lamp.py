from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

GREY = np.full((64, 96), 100, np.float32)
LABELS = np.zeros(GREY.shape, np.int32)


def lit(ratio: float, key: int = 0) -> np.ndarray:
    return ARTEFACTS.get("uneven_lamp").distort(GREY, LABELS, ratio, generator("lamp", key))[0]


@pytest.mark.parametrize("ratio", [1.2, 3.0, 30.0])
@pytest.mark.parametrize("key", range(4))
def test_it_is_a_plane_of_the_given_ratio(ratio: float, key: int) -> None:
    image = lit(ratio, key)
    rows, columns = np.indices(GREY.shape)
    design = np.column_stack([rows.ravel(), columns.ravel(), np.ones(GREY.size)])
    plane, *_ = np.linalg.lstsq(design, image.ravel(), rcond=None)
    np.testing.assert_allclose(design @ plane, image.ravel(), atol=0.01)
    assert image.max() / image.min() == pytest.approx(ratio, rel=1e-3)
    assert image.mean() == pytest.approx(100, rel=1e-4)  # the exposure stays
    ends = {np.unravel_index(find(image), image.shape) for find in (np.argmin, np.argmax)}
    assert ends <= {(0, 0), (0, 95), (63, 0), (63, 95)}


def test_every_direction_is_as_likely() -> None:
    """Gradient directions of 300 patches against the uniform distribution (Kolmogorov and Smirnov)."""
    angles = []
    for key in range(300):
        image = lit(2.0, key)
        angles.append(np.arctan2(image[1, 0] - image[0, 0], image[0, 1] - image[0, 0]))
    assert stats.kstest(angles, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 0.001


def test_an_image_of_one_pixel_keeps_its_light() -> None:
    one = GREY[:1, :1]
    same, _ = ARTEFACTS.get("uneven_lamp").distort(one, LABELS[:1, :1], 5.0, generator("lamp"))
    np.testing.assert_array_equal(same, one)
