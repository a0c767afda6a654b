"""Labels of overlapping tiles, joined into those of the whole image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from robustbench_cells.types import Labels

_SAME = 0.5  # two cells whose overlap is more than this share of their union are one, and no third can be


def stitch(
    tiles: Sequence[Labels],
    corners: Sequence[tuple[int, int]],
    kept: Sequence[tuple[slice, slice]],
    shape: tuple[int, int],
    blind: int = 0,
) -> Labels:
    """Join the labels of tiles: each gives its own part of the image, and a cell that both sides see keeps one id.

    A cell of a tile is that of its neighbour if the two overlap by more than half of their union, counted where the
    tile sees what its neighbours gave: in its halo. One that is cut otherwise has an id on each side.

    Parameters
    ----------
    tiles
        Labels of each tile, (side, side), row by row.
    corners
        Row and column of the upper left corner of each in the image.
    kept
        Part of the image that each gives: rows and columns. Together they cover it once.
    shape
        Shape of the image, (H, W).
    blind
        Pixels at the border of each tile that have no labels, although there may be cells.

    Returns
    -------
    numpy.ndarray
        int32, (H, W), 0 background; no two cells share an id.
    """
    whole, written, count = np.zeros(shape, np.int32), np.zeros(shape, bool), 0
    inside = [size - 2 * blind for size in tiles[0].shape]
    sighted = np.pad(np.ones(inside, bool), blind)
    for tile, (top, left), part in zip(tiles, corners, kept, strict=True):
        window = slice(top, top + tile.shape[0]), slice(left, left + tile.shape[1])
        ids, flat = np.unique(tile, return_inverse=True)
        local = flat.reshape(tile.shape) + int(ids[0] > 0)  # 0 stays background
        names = np.arange(count, count + local.max(initial=0) + 1, dtype=np.int32)
        names[0] = 0
        seen = written[window] & sighted
        for own, other in _matches(local[seen], whole[window][seen]):
            names[own] = other
        count += len(names) - 1
        rows, columns = part
        inner = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        whole[part] = names[local[inner]]
        written[part] = True
    return whole


def _matches(own: npt.NDArray[np.int_], others: Labels) -> list[tuple[int, int]]:
    """The pairs of labels, of a tile and of its neighbours, that are the same cell by the same pixels, (n)."""
    pairs, counts = np.unique(np.stack([own, others]), axis=1, return_counts=True)
    areas = np.bincount(own), np.bincount(others)
    return [
        (int(one), int(other))
        for (one, other), both in zip(pairs.T, counts, strict=True)
        if one and other and both > _SAME * (areas[0][one] + areas[1][other] - both)
    ]
