"""Quarter turns and mirror images: the cells have no up and no down."""

from __future__ import annotations

import numpy as np

from robustbench_cells.types import Image, Labels


def turned(image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
    """A square patch and its labels in one of the eight ways that a square lies on itself, all equally likely."""
    quarters, mirrored = int(rng.integers(4)), bool(rng.integers(2))

    def turn(side: np.ndarray) -> np.ndarray:
        side = np.rot90(side, quarters)
        return np.ascontiguousarray(side[:, ::-1] if mirrored else side)

    return turn(image), turn(labels)
