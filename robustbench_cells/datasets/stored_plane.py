"""One plane of an image or mask as its container stores it, and what the container says of the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import DataError

_REMEDY = "save it as grey: one channel of an image, one integer id per cell of a mask"


@dataclass(frozen=True, eq=False)
class Palette:
    """Colours of which stored values are indexes.

    Attributes
    ----------
    colours
        uint8 (N, 4): red, green, blue and opacity.
    display_only
        Whether the colours are merely how a program displays the values, as ImageJ's look-up tables are.
    """

    colours: npt.NDArray[np.uint8]
    display_only: bool = False


@dataclass(frozen=True, eq=False)
class StoredPlane:
    """Stored values, neither scaled nor inverted, and everything in the container that bears on their meaning.

    Attributes
    ----------
    pixels
        Values of the type that the container declares, (H, W), or (H, W, S) with S samples per pixel.
    bits
        Bits per sample where the type has more: 4 for 4-bit values in uint8.
    alpha
        Whether the last sample is transparency.
    palette
        Colours, where the values are indexes of them.
    white_is_zero
        Whether the container declares 0 as white (MinIsWhite).
    lossy
        Name of the compression if it may change values.
    """

    pixels: npt.NDArray[Any]
    bits: int | None = None
    alpha: bool = False
    palette: Palette | None = None
    white_is_zero: bool = False
    lossy: str = ""


CHANNELS = (1, 3, 4)  # lengths of the last axis of an array that holds grey: alone, as RGB, as RGB and opacity


def array_plane(values: npt.NDArray[Any]) -> StoredPlane:
    """Make a plane of an array, (H, W) or (H, W, `CHANNELS`)."""
    return StoredPlane(values, alpha=values.ndim == 3 and values.shape[-1] == 4)


def single_channel(stored: StoredPlane, what: str) -> npt.NDArray[Any]:
    """Return the values of a plane as (H, W): grey that was saved as colour has equal channels.

    Raises
    ------
    DataError
        If the channels differ, or if transparency differs from pixel to pixel; ``what`` names the plane.
    """
    pixels = stored.pixels
    if pixels.ndim == 2:
        return pixels
    colours = pixels[..., :-1] if stored.alpha else pixels
    if stored.alpha and (pixels[..., -1] != pixels[0, 0, -1]).any():
        raise DataError(
            f"{what}: has transparency that differs from pixel to pixel, so its grey levels depend on what is behind "
            f"it; flatten it, and {_REMEDY}"
        )
    different = (colours != colours[..., :1]).any(axis=-1)
    if different.any():
        raise DataError(
            f"{what}: is a colour image: its {colours.shape[-1]} channels differ in {np.count_nonzero(different)} of "
            f"{different.size} pixels; {_REMEDY}"
        )
    return np.ascontiguousarray(colours[..., 0])
