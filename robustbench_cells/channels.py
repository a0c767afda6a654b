"""Images of several channels: fields that act alike in each, and grey ones to show."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from robustbench_cells.types import Image

Number = TypeVar("Number", bound=np.floating[Any])


def in_channels(field: npt.NDArray[Number], ndim: int) -> npt.NDArray[Number]:
    """Give a field, (H, W), the shape that acts alike in every channel of an image of so many dimensions."""
    return field if ndim == 2 else field[..., None]


def as_grey(images: Image, ndim: int) -> Image:
    """Return images as they are shown, of so many dimensions: the mean over a last axis of channels, if any."""
    return images if images.ndim == ndim else images.mean(axis=-1, dtype=np.float32)
