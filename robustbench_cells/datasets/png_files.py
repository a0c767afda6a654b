"""PNG files as stored values: Pillow decodes them, OpenCV colours of 16 bits, which Pillow cuts to 8."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from robustbench_cells.datasets.limits import ORIENTATION, check_size, describe_rotation
from robustbench_cells.datasets.stored_plane import RGB, Palette, StoredPlane
from robustbench_cells.errors import DataError
from robustbench_cells.files.reading import read_bytes, require_file

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_MAX_BYTES = 2**29  # of a file: twice the largest frame; decoders read a chunk at once, however long
_HEADER = ">4x4sIIBB"  # length, name, width, height, bits per sample, colour type
_GREY, _PALETTE = 0, 3  # colour types
_SAMPLES = {_GREY: 1, _PALETTE: 1, 2: 3}  # per pixel; at most 4
_COLOUR, _ALPHA = 2, 4  # flags in the colour type


def read_png_size(path: Path) -> tuple[int, int]:
    """Read (height, width) as the file declares them; no pixel is decoded.

    Raises
    ------
    DataError
        If the file is too large or animated. Decoders raise anything on a damaged one.
    """
    with _open(path) as image:
        return image.height, image.width


def read_png(path: Path) -> StoredPlane:
    """Decode a PNG file. Chunks that ask for a change of values on display (gAMA, iCCP, sBIT) do not change them.

    Raises
    ------
    DataError
        If the file is too large, animated, or to be rotated on display. Decoders raise anything on a damaged one.
    """
    with _open(path) as image:
        bits, colour_type = _read_type(path)
        check_size(str(path), image.width, image.height, _SAMPLES.get(colour_type, 4) * (1 if bits <= 8 else 2))
        image.load()
        if problem := describe_rotation(image.getexif().get(ORIENTATION, 1)):
            raise DataError(f"{path}: {problem}")
        pixels = np.asarray(image)
        if colour_type == _PALETTE:
            return StoredPlane(pixels, palette=_read_palette(image))
        alpha = bool(colour_type & _ALPHA)
        if colour_type != _GREY and bits == 16:
            pixels = _decode_deep_colours(path)
            alpha = pixels.shape[-1] == 4
        elif colour_type == _GREY and bits == 16:
            pixels = pixels.astype(np.uint16)
        elif bits in (2, 4):  # Pillow scales them to 8
            pixels = pixels // np.uint8(255 // (2**bits - 1))
        transparent = image.info.get("transparency")  # a grey level or colour
        if transparent is not None and not alpha:
            pixels, alpha = _add_alpha(pixels, transparent), True
        names = RGB if colour_type & _COLOUR else ()
        return StoredPlane(pixels, bits if 1 < bits < 8 else None, alpha, names=names)


@contextmanager
def _open(path: Path) -> Iterator[Pillow.Image]:
    require_file(path, _MAX_BYTES, DataError)
    with Pillow.open(path, formats=("PNG",)) as image:
        check_size(str(path), image.width, image.height)
        with suppress(EOFError):
            image.seek(1)
            raise DataError(f"{path}: has more than one page (it is animated); save one file per frame")
        yield image


def _read_type(path: Path) -> tuple[int, int]:
    """Read bits per sample and colour type."""
    with path.open("rb") as file:
        head = file.read(len(SIGNATURE) + struct.calcsize(_HEADER))
    name, _, _, bits, colour_type = struct.unpack_from(_HEADER, head, len(SIGNATURE))
    if name != b"IHDR":
        raise ValueError("it does not begin with a header")
    return bits, colour_type


def _read_palette(image: Pillow.Image) -> Palette:
    colours = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    opacity = np.full(len(colours), 255, np.uint8)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):  # the one index that is transparent
        opacity[transparent : transparent + 1] = 0
    elif transparent is not None:
        given = np.frombuffer(transparent, np.uint8)[: len(opacity)]
        opacity[: len(given)] = given
    return Palette(np.column_stack([colours, opacity]))


def _decode_deep_colours(path: Path) -> npt.NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(read_bytes(path, _MAX_BYTES, DataError), np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3:
        raise ValueError("its colours of 16 bits cannot be decoded")
    return pixels[..., [2, 1, 0, 3][: pixels.shape[-1]]]


def _add_alpha(pixels: npt.NDArray[Any], transparent: Any) -> npt.NDArray[Any]:
    samples = pixels if pixels.ndim == 3 else pixels[..., None]
    opaque = (samples != np.array(transparent).astype(pixels.dtype)).any(axis=-1)
    return np.dstack([samples, opaque]).astype(pixels.dtype)
