"""Random pairs of true and predicted cells: touching, shifted, merged, split, missed, invented, and none at all."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]

SIDE = 48


def random_pairs(count: int, seed: int = 0) -> Iterator[Pair]:
    """Draw pairs of labels, int32, (48, 48), with ids that have gaps; each has some background."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        truth = draw_cells(rng, int(rng.integers(0, 15)))
        prediction = degrade(rng, truth) if rng.random() < 0.95 else draw_cells(rng, int(rng.integers(0, 15)))
        yield renumber(rng, truth), renumber(rng, prediction)


def digest(truth: np.ndarray, prediction: np.ndarray) -> int:
    """Number that says whether a pair is the same as where other libraries scored it."""
    return crc32(truth.astype("<i4").tobytes() + prediction.astype("<i4").tobytes())


def draw_cells(rng: np.random.Generator, count: int) -> np.ndarray:
    """Discs, some of them close to one another; where two meet, each takes what is nearer to its centre."""
    centres = rng.uniform(0, SIDE, (count, 2))
    for number in range(1, count):
        if rng.random() < 0.4:  # beside another one
            centres[number] = centres[number - 1] + rng.normal(0, 5, 2)
    distances = [np.hypot(*(np.indices((SIDE, SIDE)) - centre[:, None, None])) for centre in centres]
    labels = np.zeros((SIDE, SIDE), np.int32)
    if count:
        radii = rng.uniform(2, 7, count)[:, None, None]
        inside = np.where(np.stack(distances) <= radii, np.stack(distances), np.inf)
        labels = np.where(np.isfinite(inside).any(axis=0), inside.argmin(axis=0) + 1, 0).astype(np.int32)
    labels[0, 0] = 0
    return labels


def degrade(rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
    """A prediction of the truth with some faults of each kind."""
    found = truth.copy()
    for one in np.unique(truth)[1:]:
        chance = rng.random()
        cell = found == one
        if chance < 0.1:
            found[cell] = 0
        elif chance < 0.25:
            neighbour = found[np.clip(np.argwhere(cell)[-1] + rng.integers(-6, 7, 2), 0, SIDE - 1).tolist()[0]].max()
            found[cell] = neighbour or one
        elif chance < 0.4:
            rows, columns = np.nonzero(cell)
            half = columns > np.median(columns) if rng.random() < 0.5 else rows > np.median(rows)
            found[rows[half], columns[half]] = found.max() + 1
        elif chance < 0.6:
            found[cell & (rng.random(cell.shape) < 0.4)] = 0
        elif chance < 0.75:
            found[cell] = 0
            moved = np.roll(cell, rng.integers(-3, 4, 2).tolist(), axis=(0, 1))
            found[moved & (found == 0)] = one
    if rng.random() < 0.5:
        found[(draw_cells(rng, 2) > 0) & (found == 0)] = found.max() + 1
    if rng.random() < 0.04:
        found[:] = 0
    found[0, 0] = 0
    return found


def renumber(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """The same cells with other ids, in another order."""
    ids = np.concatenate([[0], 1 + rng.permutation(300)[: labels.max()]])
    return ids[labels].astype(np.int32)
