"""Objects that lie anywhere in a field, as many as their density says."""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_MEGAPIXEL = 1e6
_REACH = 4.0  # standard deviations of a speck; there 0.03 % of its height are left


def scatter(shape: tuple[int, ...], density: float, most: float, rng: np.random.Generator, properties: int) -> Floats:
    """Draw objects in a field; those of a lower density are the first ones of a higher.

    Their number is the density times the area, rounded up or down at random so that it is right on average.

    Parameters
    ----------
    shape
        Height and width of the field.
    density, most
        Objects per megapixel, and the highest density that can be asked for, which says how much is drawn.
    rng
        Generator of this patch.
    properties
        Count of further uniform numbers of each object.

    Returns
    -------
    numpy.ndarray
        (N, 2 + properties): row and column of the centre in pixels, in the field, then numbers in [0, 1).
    """
    area = shape[0] * shape[1] / _MEGAPIXEL
    part = rng.random()
    drawn = rng.random((ceil(most * area) + 1, 2 + properties))
    drawn[:, :2] *= shape[:2]
    return drawn[: int(density * area + part)]


def distances(shape: tuple[int, ...], row: float, column: float, reach: float) -> tuple[tuple[slice, slice], Floats]:
    """Compute the distances of pixels from a point of a field, as far as the reach.

    Returns
    -------
    tuple
        The window of the field that holds them, and the distances in pixels, (H', W').
    """
    rows, columns = (
        np.arange(max(0, int(at - reach)), min(side, int(at + reach) + 2))
        for at, side in ((row, shape[0]), (column, shape[1]))
    )
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return window, np.hypot(rows[:, None] - row, columns - column)


def specks(places: Floats, shape: tuple[int, ...], widths: tuple[float, float], heights: tuple[float, float]) -> Floats:
    """Add up Gaussian specks.

    Parameters
    ----------
    places
        Specks of `scatter` with two properties: width and height, from the lowest to the highest.
    shape
        Height and width of the field.
    widths, heights
        Lowest and highest standard deviation in pixels, and value at a centre.

    Returns
    -------
    numpy.ndarray
        (H, W), in the unit of the heights.
    """
    field = np.zeros(shape[:2])
    for row, column, wide, high in places:
        width = widths[0] + wide * (widths[1] - widths[0])
        window, distance = distances(shape, row, column, _REACH * width)
        field[window] += (heights[0] + high * (heights[1] - heights[0])) * np.exp(-0.5 * (distance / width) ** 2)
    return field
