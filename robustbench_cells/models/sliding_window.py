"""Sliding-window prediction: images of any size through a network of fixed size, in overlapping tiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.instance_labels import is_labels
from robustbench_cells.models.stitching import stitch
from robustbench_cells.types import Image, Prediction

GRID = 8  # pixels; tiles start at multiples, so that poolings by two align with those of the whole image


def predict_tiled(
    predict: Callable[[Image], Prediction], images: Image, side: int, halo: int, blind: int = 0
) -> Prediction:
    """Predict images of any size by a network for squares of one side.

    Each tile discards ``halo`` pixels at its borders, except at the border of the image, where the network sees that
    border as it is. An image smaller than a tile is first padded by mirroring. Labels of tiles are joined by `stitch`.

    Parameters
    ----------
    predict
        Function from (M, side, side), or with a last axis of channels, to (M, side, side).
    images
        Images, float32, (N, H, W) or (N, H, W, C).
    side, halo
        Side and halo of the tiles in pixels; 2 × halo + 8 is at most the side.
    blind
        Part of the halo that is not predicted, in pixels.

    Returns
    -------
    numpy.ndarray
        Probabilities, float32, or labels, int32; (N, H, W).

    Raises
    ------
    ModelError
        If several tiles have labels but no halo, so that nothing tells which cells are the same.
    """
    if not len(images):
        return np.empty(images.shape[:3], np.float32)
    height, width = images.shape[1:3]
    padding = [(0, max(0, side - length)) for length in (height, width)]
    padded = np.pad(images, ((0, 0), *padding, (0, 0))[: images.ndim], mode="symmetric")
    rows, columns = (_place_tiles(length, side, halo) for length in padded.shape[1:3])
    tiles = [padded[:, row : row + side, column : column + side] for row in rows for column in columns]
    predicted = predict(np.concatenate(tiles)).reshape(len(tiles), len(images), side, side)
    if is_labels(predicted):
        if len(tiles) > 1 and halo <= blind:
            raise ModelError(
                f"tiles of {side} px without a halo: labels are joined by what neighbouring tiles both see; give a "
                "halo ([input] halo in the card) of about the size of a cell"
            )
        corners = [(row, column) for row in rows for column in columns]
        kept = [(slice(*down), slice(*right)) for down in rows.values() for right in columns.values()]
        size = (padded.shape[1], padded.shape[2])
        joined = [stitch(list(predicted[:, image]), corners, kept, size, blind) for image in range(len(images))]
        return np.stack(joined)[:, :height, :width]
    parts = iter(predicted)
    whole = np.empty(padded.shape[:3], np.float32)
    for row, (top, bottom) in rows.items():
        for column, (left, right) in columns.items():
            tile = next(parts)
            whole[:, top:bottom, left:right] = tile[:, top - row : bottom - row, left - column : right - column]
    return whole[:, :height, :width]


def count_tiles(length: int, side: int, halo: int) -> int:
    """Count the tiles of a square image; 1 where the halo leaves nothing of a tile, which no network is run with."""
    return len(_place_tiles(max(length, side), side, halo)) ** 2 if side - 2 * halo >= GRID else 1


def _place_tiles(length: int, side: int, halo: int) -> dict[int, tuple[int, int]]:
    """Place tiles along one axis: the start of each, with the range of pixels that it predicts."""
    step = (side - 2 * halo) // GRID * GRID
    starts = [*range(0, length - side, step), length - side]
    ends = [start + side - halo for start in starts[:-1]] + [length]
    return {start: (begin, end) for start, begin, end in zip(starts, [0, *ends[:-1]], ends, strict=True)}
