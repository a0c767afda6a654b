"""The min–max stretch."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.exposure import rescale_intensity

from robustbench_cells.stretching import stretch


def test_it_is_that_of_another_library() -> None:
    image = np.random.default_rng(0).uniform(74, 200, (40, 30)).astype(np.float32)
    found = stretch(image)
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, rescale_intensity(image, out_range=(0.0, 255.0)), atol=1e-4)
    assert (found.min(), found.max()) == (0, 255)


@pytest.mark.parametrize("span", [0.0, 1e-39])
def test_what_is_flat_has_no_contrast(span: float) -> None:
    assert stretch(np.array([[0, span]], np.float32)) is None
