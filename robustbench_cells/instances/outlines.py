"""Outlines of cells, and how far those of the truth and of the prediction are from one another, in pixels."""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt

from robustbench_cells.instances.overlaps import Ints
from robustbench_cells.types import Labels, Masks

Distances = npt.NDArray[np.float64]


def find_outlines(labels: Labels, scored: Masks | None = None) -> Masks:
    """Pixels of cells beside another cell or the background, across an edge (4-connected).

    The border of the patch is no outline, nor is that of what is not scored: the cell may go on there.

    Parameters
    ----------
    labels
        Ids, (H, W); background is 0.
    scored
        Pixels that are scored, (H, W); None for all.
    """
    outlines = np.zeros(labels.shape, bool)
    for one, other in (
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
    ):
        differ = labels[one] != labels[other]
        if scored is not None:
            differ &= scored[one] & scored[other]
        outlines[one] |= differ
        outlines[other] |= differ
    return outlines & (labels > 0)


def outline_distances(truth: Masks, prediction: Masks) -> tuple[Distances, Distances]:
    """Distance of each pixel of either outline from the nearest one of the other.

    Parameters
    ----------
    truth, prediction
        Outlines, (H, W); see `find_outlines`.

    Returns
    -------
    tuple
        Distances of the true outline, and of the predicted one, in pixels between centres; infinite where the other
        has none.
    """
    return _distances(truth, prediction), _distances(prediction, truth)


def _distances(outline: Masks, other: Masks) -> Distances:
    """Row by row, from each pixel's own outwards: the nearest pixel of the other outline in that row, by bisection.

    Exact, and faster than a distance transform of the whole patch where the outlines are near one another.
    """
    height, width = other.shape
    stride = 2 * (height + width)  # so that a pixel of another row is further off along the keys than any in the patch
    row, column = np.divmod(np.flatnonzero(outline), width)
    other_row, other_column = np.divmod(np.flatnonzero(other), width)
    keys = np.concatenate([[-stride], other_row * stride + other_column, [(height + 1) * stride]])
    if len(keys) == 2:
        return np.full(len(row), inf)

    def squared(rows: Ints, columns: Ints) -> Ints:
        key = rows * stride + columns
        place = np.searchsorted(keys, key)
        return np.square(np.minimum(key - keys[place - 1], keys[place] - key))

    nearest, step = squared(row, column), 1
    left = np.flatnonzero(nearest > 1)
    while len(left):
        for rows in (np.maximum(row[left] - step, 0), np.minimum(row[left] + step, height - 1)):  # too far, at the edge
            nearest[left] = np.minimum(nearest[left], squared(rows, column[left]) + step * step)
        step += 1
        left = left[nearest[left] > step * step]
    return np.sqrt(nearest)
