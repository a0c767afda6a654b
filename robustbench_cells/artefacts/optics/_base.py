"""Convolution with a point spread function, and kernels of sharp shapes on the grid of pixels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.types import Image

Floats = npt.NDArray[np.float64]


def convolve(image: Image, kernel: Floats) -> Image:
    """Convolve each channel of an image, mirrored at its borders without repeating the border pixels.

    Parameters
    ----------
    image
        float32, (H, W) or (H, W, C).
    kernel
        Odd sides, may be larger than the image; its middle is the origin.
    """
    turned = np.ascontiguousarray(kernel[::-1, ::-1], dtype=np.float32)  # filter2D correlates
    return _channels_kept(cv2.filter2D(image, -1, turned, borderType=cv2.BORDER_REFLECT_101), image)


def convolve_gaussian(image: Image, sigma: float) -> Image:
    """Convolve each channel with a Gaussian of this standard deviation in pixels, cut at 4 sigma; borders mirrored."""
    return _channels_kept(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), image)


def _channels_kept(filtered: npt.NDArray[np.generic], image: Image) -> Image:
    return filtered.reshape(image.shape).astype(np.float32, copy=False)  # OpenCV drops a single channel


def kernel_of_points(rows: Floats, columns: Floats) -> Floats:
    """Compute the kernel of a point spread function that is given by points of equal weight.

    Each point is shared between the four nearest pixels, linearly. That alone would widen the function by up to a sixth
    of a square pixel per axis, so the points are contracted until their mean square distance from the origin is that of
    the points given. The kernel has unit sum and nothing below 0, and tends to a single pixel with the points.

    Parameters
    ----------
    rows, columns
        Positions in pixels from the origin, not all 0.
    """
    from scipy.optimize import brentq  # takes long to import

    wanted = np.mean(rows**2 + columns**2)
    shrink = brentq(lambda by: _second_moment(by * rows) + _second_moment(by * columns) - wanted, 0, 1 + 1e-9)
    rows, columns = shrink * rows, shrink * columns
    reach = int(np.ceil(max(np.abs(rows).max(), np.abs(columns).max())))
    side = 2 * reach + 1
    kernel = np.zeros(side * side)
    for row, row_weight in _neighbours(rows):
        for column, column_weight in _neighbours(columns):
            at = (row + reach).clip(0, side - 1) * side + (column + reach).clip(0, side - 1)  # beyond: weight 0
            kernel += np.bincount(at, row_weight * column_weight, minlength=side * side)
    return (kernel / rows.size).reshape(side, side)


def _neighbours(positions: Floats) -> tuple[tuple[npt.NDArray[np.int_], Floats], ...]:
    below = np.floor(positions)
    share = positions - below
    index = below.astype(int)
    return (index, 1 - share), (index + 1, share)


def _second_moment(positions: Floats) -> float:
    return float(np.mean([(weight * index**2) for index, weight in _neighbours(positions)]) * 2)
