"""Decoding of TIFF pages to stored values.

tifffile decodes what it can by itself, of any type. The rest is decompressed by Pillow, which reads few types, and
inverts and scales some of them: that is undone here.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from robustbench_cells.datasets.stored_plane import StoredPlane
from robustbench_cells.datasets.tiff_tags import (
    RESAVE,
    are_channels,
    has_alpha,
    is_premultiplied,
    is_white_zero,
    lossy_compression,
    name_compression,
    name_samples,
    read_palette,
)
from robustbench_cells.errors import DataError

_UNCOMPRESSED = 1
_DEFLATE = (8, 32946)
_BITS_OF_TIFFFILE = (1, 8, 16, 32, 64)  # without another library
_FLOATING_PREDICTOR = 3
_ORDER = re.compile(r"(;16|;32)[BL]")  # in the names of Pillow for raw values
_SLACK = 2**16  # bytes that a segment may have beyond its pixels


def decode_page(
    what: str, page: Any, open_by_pillow: Callable[[], Pillow.Image], *, channels: bool = False
) -> StoredPlane:
    """Decode a page of a TIFF file that `check_page` has accepted.

    Parameters
    ----------
    what
        File (and page), for messages.
    page
        Page as tifffile has read it.
    open_by_pillow
        Function that opens the same page by Pillow.
    channels
        Whether samples may be channels that are no colours (see `check_page`).

    Raises
    ------
    DataError
        If the type is not read with its compression, or the page is incomplete. Decoders raise anything on a damaged
        one.
    """
    bits = page.bitspersample
    if (
        int(page.compression) in (_UNCOMPRESSED, *_DEFLATE)
        and bits in _BITS_OF_TIFFFILE
        and int(page.predictor) != _FLOATING_PREDICTOR
    ):
        pixels = _decode_by_tifffile(what, page)
    else:
        pixels = _decode_by_pillow(what, page, open_by_pillow)
    if is_premultiplied(page) and (pixels[..., -1] != np.iinfo(pixels.dtype).max).any():
        raise DataError(f"{what}: has grey levels multiplied by its transparency; flatten it, and save it as grey")
    palette = read_palette(page)
    is_packed = 1 < bits < 8 * page.dtype.itemsize and (palette is None or palette.display_only)
    return StoredPlane(
        pixels=pixels if palette is None else pixels.astype(np.uint8),
        bits=bits if is_packed else None,
        alpha=has_alpha(page) and not (channels and are_channels(page)),
        palette=palette,
        white_is_zero=is_white_zero(page),
        lossy=lossy_compression(page),
        names=name_samples(page),
    )


def _decode_by_tifffile(what: str, page: Any) -> npt.NDArray[Any]:
    """Decode strip by strip, or tile by tile, so that none is missing and none expands beyond its size."""
    samples, depth, height, width, channels = page.shaped
    count = math.prod(page.chunked)
    file = page.parent.filehandle
    offsets, sizes = page.dataoffsets, page.databytecounts
    if len(offsets) < count or len(sizes) < count or sum(sizes) > 2 * page.nbytes + file.size:
        raise DataError(f"{what}: its pixels are not where the file says; replace the file if it is damaged")
    if any(place <= 0 or size <= 0 or place + size > file.size for place, size in zip(offsets, sizes, strict=False)):
        raise DataError(f"{what}: a part of its pixels is missing; if the file is truncated, get a fresh copy")
    pixels = np.empty(page.shaped, page.dtype)
    filled = 0
    for encoded, number in file.read_segments(offsets[:count], sizes[:count], flat=True):
        _, (sample, _, row, column, _), shape = page.decode(None, number)
        if int(page.compression) in _DEFLATE:
            _check_expansion(what, encoded, math.prod(shape) * page.dtype.itemsize)
        segment = page.decode(encoded, number)[0]
        part = pixels[sample, 0, row : row + shape[1], column : column + shape[2]]
        part[:] = segment[0, : part.shape[0], : part.shape[1]]
        filled += part.size
    if filled != pixels.size or depth != 1:
        raise ValueError("its strips or tiles do not cover it")
    if samples > 1:  # each stored by itself
        return np.moveaxis(pixels[:, 0, :, :, 0], 0, -1)
    return pixels.reshape(height, width) if channels == 1 else pixels[0, 0]


def _check_expansion(what: str, encoded: bytes, size: int) -> None:
    engine = zlib.decompressobj()
    if len(engine.decompress(encoded, size + _SLACK)) >= size + _SLACK:
        raise DataError(f"{what}: expands to more than the size it declares; replace the file if it is damaged")


def _expect_native_order(image: Any) -> None:
    """Keep Pillow from swapping bytes that libtiff has already brought into the order of this machine.

    Pillow expects that order of unsigned 16 bits alone, and swaps other values of big-endian files once more.
    """
    for number, tile in enumerate(image.tile):
        if tile[0] == "libtiff":
            mode, *rest = tile[3]
            make = getattr(type(tile), "_make", tuple)  # a plain tuple in old versions
            image.tile[number] = make((*tile[:3], (_ORDER.sub(r"\1N", mode), *rest)))


def _decode_by_pillow(what: str, page: Any, open_by_pillow: Callable[[], Pillow.Image]) -> npt.NDArray[Any]:
    bits = page.bitspersample
    kind = f"{page.samplesperpixel} × {bits} bits ({page.dtype})"
    unread = DataError(f"{what}: has values of {kind}, which are not read; save it with 8, 16 or 32 bits")
    if int(page.compression) != _UNCOMPRESSED:
        unread = DataError(
            f"{what}: has values of {kind} compressed by {name_compression(page)}, which are not read together; "
            "save one channel as grey, or save it without compression or with deflate (in Python: "
            "tifffile.imwrite(path, pixels))"
        )
    try:
        image = open_by_pillow()
        _expect_native_order(image)
        pixels = np.asarray(image)
    except (UnidentifiedImageError, SyntaxError) as error:
        raise unread from error
    except OSError as error:
        raise DataError(
            f"{what}: cannot be decompressed ({name_compression(page)}: {error}); replace the file if it is damaged, "
            f"else {RESAVE}"
        ) from error
    if is_white_zero(page) and pixels.dtype in (np.bool_, np.uint8):
        pixels = ~pixels
    if bits in (2, 4) and pixels.ndim == 2 and read_palette(page) is None:
        pixels = pixels // np.uint8(255 // (2**bits - 1))
    shape: tuple[int, ...] = (page.imagelength, page.imagewidth)
    if page.samplesperpixel > 1:
        shape += (page.samplesperpixel,)
    is_reduced = bits > 8 and pixels.dtype == np.uint8  # Pillow has no colours of 16 bits
    if pixels.shape != shape or is_reduced or (pixels.dtype.kind == "f") != (page.dtype.kind == "f"):
        raise unread
    return pixels.astype(page.dtype)
