"""One plane of an image or mask as its container stores it, and what the container says of the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import DataError
from robustbench_cells.printable import printable

RGB = ("red", "green", "blue")
CHANNEL_OPTION = "--rb-channel in pytest, --channel in other commands, channel= in Python"

_MOST_SHOWN = 10  # channels
_MOST_NAME = 40  # characters of a channel's name
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
    names
        Names of the channels that are no transparency, in their order, empty where the container gives none.
    """

    pixels: npt.NDArray[Any]
    bits: int | None = None
    alpha: bool = False
    palette: Palette | None = None
    white_is_zero: bool = False
    lossy: str = ""
    names: tuple[str, ...] = ()

    @property
    def colours(self) -> npt.NDArray[Any]:
        """The values without transparency, (H, W) or (H, W, C)."""
        return self.pixels[..., :-1] if self.alpha else self.pixels


CHANNELS = (1, 3, 4)  # lengths of the last axis of an array that holds grey: alone, as RGB, as RGB and opacity


def array_plane(values: npt.NDArray[Any]) -> StoredPlane:
    """Make a plane of an array, (H, W) or (H, W, `CHANNELS`)."""
    is_colour = values.ndim == 3 and values.shape[-1] in CHANNELS[1:]
    return StoredPlane(values, alpha=is_colour and values.shape[-1] == 4, names=RGB if is_colour else ())


def join_planes(planes: Sequence[StoredPlane], names: tuple[str, ...], what: str) -> StoredPlane:
    """Make one plane of several that are a channel each.

    Raises
    ------
    DataError
        If they are not of one type and size, or have colours of their own; ``what`` names the file.
    """
    first = planes[0]
    kinds = {(plane.pixels.shape, plane.pixels.dtype, plane.bits, plane.white_is_zero) for plane in planes}
    coloured = any(plane.palette is not None and not plane.palette.display_only for plane in planes)
    if len(kinds) > 1 or first.pixels.ndim > 2 or coloured:
        raise DataError(
            f"{what}: its channels are not of one size and type, or have colours of their own; save them alike, as grey"
        )
    pixels = np.stack([plane.pixels for plane in planes], axis=-1)
    return StoredPlane(pixels, first.bits, white_is_zero=first.white_is_zero, lossy=first.lossy, names=names)


def describe_channels(count: int, names: Sequence[str] = ()) -> str:
    """Name channels by number and, where there is one, name: ``0 red, 1 green, 2 blue``."""
    shown = [f"{number} {printable(name)[:_MOST_NAME]}".strip() for number, name in enumerate(names or [""] * count)]
    return ", ".join(shown[:_MOST_SHOWN]) + (f", … {count - 1}" if count > _MOST_SHOWN else "")


def image_remedy(count: int, names: Sequence[str] = ()) -> str:
    """What to do with an image of several channels."""
    luminance = ", or luminance" if tuple(names) == RGB else ""
    return (
        f"save it as grey, or choose one of its channels {describe_channels(count, names)}{luminance} "
        f"({CHANNEL_OPTION})"
    )


def single_channel(stored: StoredPlane, what: str, remedy: str = _REMEDY) -> npt.NDArray[Any]:
    """Return the values of a plane as (H, W): grey that was saved as colour has equal channels.

    Raises
    ------
    DataError
        If the channels differ, or if transparency differs from pixel to pixel; ``what`` names the plane, ``remedy``
        what to do.
    """
    pixels = stored.pixels
    if pixels.ndim == 2:
        return pixels
    colours = stored.colours
    if stored.alpha and (pixels[..., -1] != pixels[0, 0, -1]).any():
        raise DataError(
            f"{what}: has transparency that differs from pixel to pixel, so its grey levels depend on what is behind "
            f"it; flatten it, and {remedy}"
        )
    different = (colours != colours[..., :1]).any(axis=-1)
    if different.any():
        raise DataError(
            f"{what}: is a colour image: its {colours.shape[-1]} channels differ in {np.count_nonzero(different)} of "
            f"{different.size} pixels; {remedy}"
        )
    return np.ascontiguousarray(colours[..., 0])
