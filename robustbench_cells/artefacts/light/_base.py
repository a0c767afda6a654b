"""Places in an image seen from its centre, and light that differs from place to place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from robustbench_cells.channels import in_channels
from robustbench_cells.types import Image

Floats = npt.NDArray[np.float32]


def from_centre(image: Image) -> tuple[Floats, Floats]:
    """Compute the distances of rows, (H, 1), and of columns, (1, W), from the image's centre in pixels, with sign."""
    rows, columns = (np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2) for side in image.shape[:2])
    return rows[:, None], columns[None, :]


def lit(image: Image, light: Floats) -> Image:
    """Multiply an image, (H, W) or (H, W, C), by the light that falls on it, (H, W), alike in every channel."""
    return image * in_channels(light, image.ndim)
