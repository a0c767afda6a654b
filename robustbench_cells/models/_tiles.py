"""Images of any size through a segmenter of one size: in tiles that overlap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robustbench_cells.types import PATCH_SIDE, Image, Segmenter

HALO = 64  # pixels; more than the 50 that the paper's U-Net looks around a pixel
_GRID = 8  # pixels; tiles begin on multiples, since poolings by two see another picture elsewhere


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
    step = (side - 2 * halo) // _GRID * _GRID
    starts = [*range(0, length - side, step), length - side]
    ends = [start + side - halo for start in starts[:-1]] + [length]
    return {start: (begin, end) for start, begin, end in zip(starts, [0, *ends[:-1]], ends, strict=True)}


def predict_frame(segmenter: Segmenter, image: Image, halo: int = HALO) -> Image:
    """Foreground probabilities of a whole frame of any size, patch by patch.

    A segmenter that looks no farther than ``halo`` pixels around each gives what it would give for the frame at once.

    Parameters
    ----------
    segmenter
        Anything that predicts.
    image
        float32, (H, W), grey levels in [0, 255].
    halo
        Pixels, at most 124.

    Returns
    -------
    numpy.ndarray
        float32, (H, W), in [0, 1].

    Raises
    ------
    ValueError
        If the halo leaves nothing of a patch.
    """
    if not 0 <= 2 * halo <= PATCH_SIDE - _GRID:
        raise ValueError(f"a halo of {halo} px leaves nothing of a patch of {PATCH_SIDE} px")
    return tiled(segmenter.predict, image[None], PATCH_SIDE, halo)[0]
