"""The contrast stretch that two artefacts of the paper end in."""

from __future__ import annotations

import numpy as np

from robustbench_cells.stretching import stretch
from robustbench_cells.types import Image


def rescale(image: Image) -> Image:
    """Stretch grey levels (see `stretch`); a flat image stays flat, clipped to [0, 255]."""
    stretched = stretch(image)
    return np.clip(image, 0, 255).astype(np.float32) if stretched is None else stretched
