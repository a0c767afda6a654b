"""Images of any size through a network of one size: in tiles that overlap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robustbench_cells.types import Image

GRID = 8  # pixels; tiles begin on multiples, since poolings by two see another picture elsewhere


def tiled(predict: Callable[[Image], Image], images: Image, side: int, halo: int) -> Image:
    """Predictions of (N, H, W) images of any size, by a network for squares of one side.

    Tiles at the border of the image begin and end there, so that the network sees the border as it is; of every other
    tile's border ``halo`` pixels are thrown away. An image smaller than a tile is mirrored outwards first.

    Parameters
    ----------
    predict
        From (M, side, side) to the same shape.
    images
        float32, (N, H, W).
    side, halo
        Of the tiles, in pixels; 2 × halo + 8 is at most the side.

    Returns
    -------
    numpy.ndarray
        float32, (N, H, W).
    """
    if not len(images):
        return np.empty(images.shape, np.float32)
    height, width = images.shape[1:]
    short = [(0, max(0, side - length)) for length in (height, width)]
    padded = np.pad(images, ((0, 0), *short), mode="symmetric")
    rows, columns = (_starts(length, side, halo) for length in padded.shape[1:])
    tiles = [padded[:, row : row + side, column : column + side] for row in rows for column in columns]
    found = iter(predict(np.concatenate(tiles)).reshape(len(tiles), len(images), side, side))
    whole = np.empty(padded.shape, np.float32)
    for row, (top, bottom) in rows.items():
        for column, (left, right) in columns.items():
            whole[:, top:bottom, left:right] = next(found)[:, top - row : bottom - row, left - column : right - column]
    return whole[:, :height, :width]


def _starts(length: int, side: int, halo: int) -> dict[int, tuple[int, int]]:
    """Where tiles begin, and the pixels, from and to, for which each answers."""
    step = (side - 2 * halo) // GRID * GRID
    starts = [*range(0, length - side, step), length - side]
    ends = [start + side - halo for start in starts[:-1]] + [length]
    return {start: (begin, end) for start, begin, end in zip(starts, [0, *ends[:-1]], ends, strict=True)}
