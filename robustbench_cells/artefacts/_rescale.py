"""The contrast stretch that follows an added field (the paper, section II)."""

from __future__ import annotations

import numpy as np

from robustbench_cells.types import Image


def rescale(image: Image) -> Image:
    """Stretch grey levels linearly so that the darkest is 0 and the brightest 255; no rounding.

    A flat image has no contrast to stretch: it stays flat, clipped to [0, 255].
    """
    darkest, brightest = np.float32(image.min()), np.float32(image.max())
    span = brightest - darkest
    # A span that float32 cannot divide by is flat for every purpose.
    if span <= np.finfo(np.float32).tiny:
        return np.clip(image, 0, 255).astype(np.float32)
    return np.clip((image - darkest) / span * np.float32(255), 0, 255).astype(np.float32)
