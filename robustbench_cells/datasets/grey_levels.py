"""What the stored values of an image mean: grey levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.palettes import palette_to_grey
from robustbench_cells.datasets.stored_plane import StoredPlane, image_remedy, single_channel
from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Remark

_WHITE_8_BIT = 255
_WHITE_12_BIT = 4095
_WHITE_14_BIT = 16383
_WHITE_16_BIT = 65535
_WHITES = {"uint16": _WHITE_16_BIT, "int16": 32767}  # other types have none that is agreed on
_MAX_SCALED = 10  # floating-point images that end here were scaled to percentiles, or by mean and deviation
_FEW = 1000  # one pixel in so many may be a defect of the camera
_OPTION = "--rb-white-level in pytest, --white-level in other commands"
_WHITE_IS_ZERO = Remark(
    "images declare 0 as white (MinIsWhite), and stored values are taken as grey levels, as tifffile and ImageJ give "
    "them; if cells that should be bright are dark, save the images inverted"
)


def to_grey_levels(
    stored: StoredPlane, what: str, white_level: int | None = None, channel: Channel | None = None
) -> tuple[Image, tuple[Remark, ...]]:
    """Convert the stored values of an image to float32 in [0, 255].

    8-bit and floating-point values are taken as grey levels, True of a bool image as white. Values of fewer bits, and
    of 9 to 15 packed ones, are scaled so that the largest becomes 255. Those of 16 bits are scaled so that
    ``white_level`` becomes 255, or else 65535 (32767 if signed). Without a white level, a 16-bit image whose pixels
    are below 16384 is refused, since it has 14 bits or fewer and would become nearly black; one in 1000 pixels may be
    brighter, as defects of cameras are. Integers of other types need a white level. Values count as they are stored,
    also where 0 is declared as white.

    Parameters
    ----------
    stored
        Image: grey, colour with equal channels, or with a palette of grey levels; with a ``channel`` of any.
    what
        File (and page), for messages.
    white_level
        Stored value that is white. At most one pixel in 1000 may be above it, and is clipped.
    channel
        The channel of the image to take, if one was asked for; of several the image is (H, W, C).

    Returns
    -------
    tuple
        The image, and remarks on clipped pixels and on 0 as white.

    Raises
    ------
    DataError
        If the values do not fit these rules.
    """
    if channel is not None:
        stored = channel.take(stored, what)
    if channel is not None and channel.names:
        pixels = stored.pixels
    else:
        colours = stored.colours
        remedy = image_remedy(1 if colours.ndim == 2 else colours.shape[-1], stored.names)
        pixels = single_channel(stored, what, remedy)
    if stored.palette is not None:
        pixels = palette_to_grey(pixels, stored.palette, what)
    remarks: tuple[Remark, ...] = (_WHITE_IS_ZERO,) if stored.white_is_zero else ()
    if pixels.dtype == np.bool_:
        return pixels.astype(np.float32) * np.float32(_WHITE_8_BIT), remarks
    if pixels.dtype.kind == "f":
        return _check_float(pixels, what), remarks
    if pixels.dtype == np.uint8 and stored.bits is None:
        return pixels.astype(np.float32), remarks
    white = _find_white(pixels, stored.bits, what, white_level)
    if (darkest := int(pixels.min())) < 0:
        raise DataError(f"{what}: has negative grey levels, down to {darkest}; save it with 0 as black")
    above = int(np.count_nonzero(pixels > white))
    if above > pixels.size // _FEW:
        raise DataError(
            f"{what}: {above} of {pixels.size} pixels are above the white level {white}, up to {pixels.max()}; give a "
            f"higher white level ({_OPTION})"
        )
    if above:
        text = f"{{pixels}} pixels above the white level {white} are clipped to it; if they are no defects of the "
        remarks += (Remark(f"{text}camera, give a higher white level", above),)
    scaled = pixels.astype(np.float32) * np.float32(_WHITE_8_BIT / white)
    return np.minimum(scaled, np.float32(_WHITE_8_BIT)), remarks


def _find_white(pixels: npt.NDArray[Any], bits: int | None, what: str, white_level: int | None) -> int:
    """Find the stored value that is white."""
    if bits is not None and (white_level is None or bits < 8):
        return 2**bits - 1
    if white_level is not None:
        return white_level
    white = _WHITES.get(pixels.dtype.name)
    brightest = int(pixels.max())
    remedy = f"give the white level: {_WHITE_12_BIT} for a 12-bit camera, {_WHITE_14_BIT} for 14 bits"
    if white is None:
        raise DataError(
            f"{what}: values of {pixels.dtype.name} (up to {brightest}) have no white level that is agreed on; save it "
            f"as uint8 or uint16, or {remedy}, or the value that is white ({_OPTION})"
        )
    above = int(np.count_nonzero(pixels > _WHITE_14_BIT))
    if above > pixels.size // _FEW:
        return white
    kind = "16-bit" if white == _WHITE_16_BIT else "signed 16-bit"
    remedy = f"{remedy}, {white} to keep the image this dark ({_OPTION})"
    if brightest <= _WHITE_8_BIT:
        remedy = f"save it as uint8 if {_WHITE_8_BIT} is white; if it is a mask, give the image; or {remedy}"
    fact = f"the brightest pixel of this {kind} image is {brightest} of {white}"
    if above:
        rest = int(pixels[pixels <= _WHITE_14_BIT].max())
        fact = f"all but {above} pixels of this {kind} image are at most {rest} of {white}"
    raise DataError(f"{what}: {fact}; {remedy}")


def _check_float(pixels: npt.NDArray[Any], what: str) -> Image:
    if odd := int(np.count_nonzero(~np.isfinite(pixels))):
        raise DataError(
            f"{what}: {odd} of {pixels.size} floating-point grey levels are NaN or infinite; put a grey level in their "
            "place, such as that of the pixels around, and save it again"
        )
    darkest, brightest = float(pixels.min()), float(pixels.max())
    is_scaled = 0 < brightest <= 1 or (brightest <= _MAX_SCALED and not np.array_equal(pixels, np.rint(pixels)))
    if not 0 <= darkest <= brightest <= _WHITE_8_BIT or is_scaled:
        raise DataError(
            f"{what}: floating-point grey levels span {darkest:g} to {brightest:g}; scale them to [0, {_WHITE_8_BIT}]"
        )
    return pixels.astype(np.float32)
