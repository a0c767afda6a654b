"""Fields that act alike in every channel of an image."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", bound=np.floating[Any])


def in_channels(field: npt.NDArray[Number], ndim: int) -> npt.NDArray[Number]:
    """Give a field, (H, W), the shape that acts alike in every channel of an image of so many dimensions."""
    return field if ndim == 2 else field[..., None]
