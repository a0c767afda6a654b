"""Rotations by quarter turns and reflections, since cells have no preferred orientation."""

from __future__ import annotations

import numpy as np

from robustbench_cells.types import Image, Labels


def flip_randomly(image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
    """Transform a square patch and its labels by one of the eight symmetries of a square, chosen uniformly."""
    quarters, mirrored = int(rng.integers(4)), bool(rng.integers(2))

    def transform(array: np.ndarray) -> np.ndarray:
        array = np.rot90(array, quarters)
        return np.ascontiguousarray(array[:, ::-1] if mirrored else array)

    return transform(image), transform(labels)
