"""Stored pixel values as grey levels and labels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels

_WHITE_8_BIT = 255


_WHITE_16_BIT = 65535


_WHITE_14_BIT = 16383


_WHITE_12_BIT = 4095


def grey_levels(pixels: npt.NDArray[Any], what: str, white_level: int | None = None) -> Image:
    """Pixels of a file as float32 in [0, 255].

    8-bit values and floating-point ones are grey levels as they are; of two levels (bool) the upper is white. Others
    are 16-bit values, scaled so that ``white_level`` becomes 255; it is 65535 unless given. A 16-bit image whose
    brightest pixel is below 16384 is refused without one, since it then holds 14 bits or fewer and would come out
    nearly black; a floating-point one that ends at 1, likewise.

    Parameters
    ----------
    pixels
        (H, W), bool, whole numbers or floating point.
    what
        The file (and the page in it), for messages.
    white_level
        The value that is white.

    Raises
    ------
    DataError
        If they do not fit.
    """
    if pixels.dtype == np.bool_:
        return pixels.astype(np.float32) * np.float32(_WHITE_8_BIT)
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32)
    if pixels.dtype.kind == "f":
        return _floating(pixels, what)
    darkest, brightest = int(pixels.min()), int(pixels.max())
    if white_level is None and brightest <= _WHITE_14_BIT:
        kind = "a 16-bit file" if pixels.dtype == np.uint16 else f"holds {pixels.dtype.name}, taken for 16 bits,"
        remedy = (
            f"say which value is white: white level {_WHITE_12_BIT} for a 12-bit camera, {_WHITE_14_BIT} for 14 bits, "
            f"{_WHITE_16_BIT} to keep it this dark (--rb-white-level of pytest, --white-level of the other commands)"
        )
        if brightest <= _WHITE_8_BIT:
            remedy = f"save it as uint8 if {_WHITE_8_BIT} is white; if it is a mask, name the image; or {remedy}"
        raise DataError(f"{what}: {kind} whose brightest pixel is {brightest} of {_WHITE_16_BIT}; {remedy}")
    white = _WHITE_16_BIT if white_level is None else white_level
    if darkest < 0 or brightest > white:
        raise DataError(
            f"{what}: grey levels span {darkest} to {brightest}, outside 0 to the white level {white}; give a white "
            "level that holds them, or save the file without negative values"
        )
    return np.minimum(pixels.astype(np.float32) * np.float32(_WHITE_8_BIT / white), np.float32(_WHITE_8_BIT))


def labels_of(pixels: npt.NDArray[Any], what: str) -> Labels:
    """Pixels of a mask as int32 labels, numbered 1..n.

    One value besides 0 is a binary mask, and its cells are the 8-connected components; more values are an instance
    mask, and the ids are kept in their order.

    Parameters
    ----------
    pixels
        (H, W), bool or whole numbers.
    what
        The file (and the page in it), for messages.

    Raises
    ------
    DataError
        If they are no mask.
    """
    if pixels.dtype.kind not in "bui":
        raise DataError(
            f"{what}: a mask of {pixels.dtype}; save it as whole numbers, 0 for background and positive ids"
        )
    ids = np.unique(pixels)
    if ids[0] < 0:
        raise DataError(f"{what}: label {ids[0]} is negative; a mask holds 0 for background and positive ids")
    if ids[0] > 0:
        raise DataError(f"{what}: has no background (0) anywhere; is it an image in the place of a mask?")
    ids = ids[ids > 0]
    if len(ids) <= 1:
        _, components = cv2.connectedComponents((pixels > 0).astype(np.uint8), connectivity=8)
        return components.astype(np.int32)
    dense = np.searchsorted(ids, pixels, side="right")
    return np.where(pixels > 0, dense, 0).astype(np.int32)


def _floating(pixels: npt.NDArray[Any], what: str) -> Image:
    darkest, brightest = float(pixels.min()), float(pixels.max())
    if not 0 <= darkest <= brightest <= _WHITE_8_BIT or 0 < brightest <= 1:
        raise DataError(
            f"{what}: floating-point grey levels span {darkest:g} to {brightest:g}; scale them to 0 to {_WHITE_8_BIT}"
        )
    return pixels.astype(np.float32)
