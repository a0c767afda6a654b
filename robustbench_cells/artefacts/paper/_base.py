"""The contrast stretch that two artefacts of the paper end in."""

from __future__ import annotations

import numpy as np

from robustbench_cells.types import Image


def rescale(image: Image) -> Image:
    """Stretch grey levels linearly to [0, 255] (min–max), without rounding.

    A flat image has no contrast to stretch: it stays flat, clipped to [0, 255].
    """
    darkest, brightest = np.float32(image.min()), np.float32(image.max())
    span = brightest - darkest
    # float32 cannot divide by a subnormal span: such an image counts as flat.
    if span <= np.finfo(np.float32).tiny:
        return np.clip(image, 0, 255).astype(np.float32)
    return np.clip((image - darkest) / span * np.float32(255), 0, 255).astype(np.float32)
