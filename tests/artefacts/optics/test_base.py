"""Convolution and kernels: against scipy.ndimage, and moments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import ndimage

from robustbench_cells.artefacts.optics._base import convolve, convolve_gaussian, kernel_of_points
from robustbench_cells.randomness import generator


@pytest.mark.parametrize("shape", [(40, 56), (1, 40), (7, 3), (20, 30, 1), (20, 30, 3), (20, 30, 6)])
@pytest.mark.parametrize("side", [3, 31])
def test_convolution_is_that_of_scipy(shape: tuple[int, ...], side: int) -> None:
    """Also with a kernel that is larger than the image, which is mirrored again and again, and not symmetrical."""
    rng = generator("image")
    image, kernel = rng.uniform(0, 255, shape).astype(np.float32), rng.random((side, side))
    kernel /= kernel.sum()
    weights = kernel.reshape(side, side, *(1,) * (len(shape) - 2))
    expected = ndimage.convolve(image.astype(np.float64), weights, mode="mirror")
    np.testing.assert_allclose(convolve(image, kernel), expected, atol=1e-3)


@pytest.mark.parametrize("shape", [(40, 56), (1, 40), (20, 30, 1), (20, 30, 6)])
def test_gaussian_is_that_of_scipy(shape: tuple[int, ...]) -> None:
    image = generator("image").uniform(0, 255, shape).astype(np.float32)
    expected = ndimage.gaussian_filter(image.astype(np.float64), 2.5, mode="mirror", axes=(0, 1))
    np.testing.assert_allclose(convolve_gaussian(image, 2.5), expected, atol=1e-2)


@example([(1.0, 0.0)])  # already on pixels: nothing to contract
@example([(3.0, 1.0), (-2.0, 5.0), (-1.0, 4.0)])
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=20))
def test_kernel_of_points_keeps_sum_and_mean_square_distance(points: list[tuple[float, float]]) -> None:
    rows, columns = np.array(points).T
    square = (rows**2 + columns**2).mean()
    if square < 1e-6:
        return
    kernel = kernel_of_points(rows, columns)
    steps = np.arange(len(kernel)) - len(kernel) // 2
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1)
    assert (kernel * (steps[:, None] ** 2 + steps**2)).sum() == pytest.approx(square, rel=1e-3)
