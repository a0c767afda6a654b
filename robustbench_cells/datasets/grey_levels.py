"""Conversion of stored pixel values to grey levels and labels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels

_WHITE_8_BIT = 255
_WHITE_12_BIT = 4095
_WHITE_14_BIT = 16383
_WHITE_16_BIT = 65535


def to_grey_levels(pixels: npt.NDArray[Any], what: str, white_level: int | None = None) -> Image:
    """Convert the pixels of an image to float32 in [0, 255].

    8-bit and floating-point values are taken as grey levels, True of a bool image as white. All others are 16-bit
    values, scaled so that ``white_level`` (65535 if not given) becomes 255. Without a white level, a 16-bit image whose
    brightest pixel is below 16384 is refused, since it has 14 bits or fewer and would become nearly black; so is a
    floating-point one that ends at 1.

    Parameters
    ----------
    pixels
        Image, (H, W): bool, integer or floating point.
    what
        File (and page), for messages.
    white_level
        Stored value that is white.

    Raises
    ------
    DataError
        If the values do not fit these rules.
    """
    if pixels.dtype == np.bool_:
        return pixels.astype(np.float32) * np.float32(_WHITE_8_BIT)
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32)
    if pixels.dtype.kind == "f":
        return _check_float(pixels, what)
    darkest, brightest = int(pixels.min()), int(pixels.max())
    if white_level is None and brightest <= _WHITE_14_BIT:
        kind = "16-bit" if pixels.dtype == np.uint16 else f"{pixels.dtype.name} (read as 16-bit)"
        remedy = (
            f"give the white level: {_WHITE_12_BIT} for a 12-bit camera, {_WHITE_14_BIT} for 14 bits, {_WHITE_16_BIT} "
            "to keep the image this dark (--rb-white-level in pytest, --white-level in other commands)"
        )
        if brightest <= _WHITE_8_BIT:
            remedy = f"save it as uint8 if {_WHITE_8_BIT} is white; if it is a mask, give the image; or {remedy}"
        raise DataError(f"{what}: the brightest pixel of this {kind} image is {brightest} of {_WHITE_16_BIT}; {remedy}")
    white = _WHITE_16_BIT if white_level is None else white_level
    if darkest < 0 or brightest > white:
        raise DataError(
            f"{what}: grey levels span {darkest} to {brightest}, outside 0 to the white level {white}; give a higher "
            "white level, or save the file without negative values"
        )
    return np.minimum(pixels.astype(np.float32) * np.float32(_WHITE_8_BIT / white), np.float32(_WHITE_8_BIT))


def to_labels(pixels: npt.NDArray[Any], what: str) -> Labels:
    """Convert the pixels of a mask to int32 labels 1..n.

    A single value besides 0 makes a binary mask, whose cells are the 8-connected components; more values make an
    instance mask, whose ids keep their order.

    Parameters
    ----------
    pixels
        Mask, (H, W): bool or integer.
    what
        File (and page), for messages.

    Raises
    ------
    DataError
        If the values are not those of a mask.
    """
    if pixels.dtype.kind not in "bui":
        raise DataError(
            f"{what}: a mask of dtype {pixels.dtype}; save it as integers, 0 for background and positive ids for cells"
        )
    ids = np.unique(pixels)
    if ids[0] < 0:
        raise DataError(f"{what}: label {ids[0]} is negative; use 0 for background and positive ids for cells")
    if ids[0] > 0:
        raise DataError(f"{what}: has no background (0); is it an image instead of a mask?")
    ids = ids[ids > 0]
    if len(ids) <= 1:
        _, components = cv2.connectedComponents((pixels > 0).astype(np.uint8), connectivity=8)
        return components.astype(np.int32)
    dense = np.searchsorted(ids, pixels, side="right")
    return np.where(pixels > 0, dense, 0).astype(np.int32)


def _check_float(pixels: npt.NDArray[Any], what: str) -> Image:
    darkest, brightest = float(pixels.min()), float(pixels.max())
    if not 0 <= darkest <= brightest <= _WHITE_8_BIT or 0 < brightest <= 1:
        raise DataError(
            f"{what}: floating-point grey levels span {darkest:g} to {brightest:g}; scale them to [0, {_WHITE_8_BIT}]"
        )
    return pixels.astype(np.float32)
