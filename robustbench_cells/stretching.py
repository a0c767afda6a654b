"""The min–max contrast stretch."""

from __future__ import annotations

import numpy as np

from robustbench_cells.types import Image


def stretch(image: Image) -> Image | None:
    """Stretch grey levels linearly to [0, 255], without rounding; None for a flat image, which has no contrast.

    Flat is also what float32 cannot divide by: a subnormal span.
    """
    darkest, brightest = np.float32(image.min()), np.float32(image.max())
    span = brightest - darkest
    if span <= np.finfo(np.float32).tiny:
        return None
    return np.clip((image - darkest) / span * np.float32(255), 0, 255).astype(np.float32)
