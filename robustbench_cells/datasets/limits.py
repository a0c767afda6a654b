"""Limits and errors that all decoders of untrusted files share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image as Pillow

from robustbench_cells.errors import DataError

MAX_PIXELS = 2**26  # per frame, 8192×8192; checked on the declared size, before decoding
ORIENTATION = 274  # tag of TIFF and of Exif

_MAX_BYTES = 2**28  # per decoded frame: four for each of these pixels
_REMEDY = "cut the frame into smaller ones, or replace the file if it is damaged"


def check_size(what: str, width: int, height: int, bytes_per_pixel: int = 1) -> None:
    """Raise a `DataError` if a frame of this declared size exceeds the limit, or has no pixel."""
    if width < 1 or height < 1:
        raise DataError(f"{what}: declares {width}×{height} px, so it has no pixel; replace the file")
    if width * height > MAX_PIXELS:
        raise DataError(f"{what}: declares {width}×{height} px, more than the {MAX_PIXELS} px allowed; {_REMEDY}")
    if width * height * bytes_per_pixel > _MAX_BYTES:
        raise DataError(
            f"{what}: declares {width}×{height} px of {bytes_per_pixel} bytes, more than the {_MAX_BYTES} bytes "
            f"allowed; {_REMEDY}"
        )


def describe_rotation(orientation: object) -> str:
    """Say why a frame with this value of the tag `ORIENTATION` is not read; empty if it is."""
    if orientation in (0, 1):
        return ""
    return (
        f"asks to be rotated or mirrored on display (Orientation {str(orientation)[:20]}), which programs do or do "
        "not; save it as it is to be seen, without this tag"
    )


@contextmanager
def translate_decoding_errors(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises on a damaged file into a `DataError` that names the file."""
    try:
        yield
    except DataError:
        raise
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise DataError(f"{path}: declares far more than the {MAX_PIXELS} px allowed; {_REMEDY}") from error
    except Exception as error:
        raise DataError(
            f"{path}: cannot be read as an image ({error}); replace the file, or remove this image and its mask"
        ) from error
