"""Image and mask files as arrays: untrusted, so sizes are checked before Pillow decodes, and nothing is executed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from robustbench_cells.datasets.grey_levels import to_grey_levels, to_labels
from robustbench_cells.datasets.tiff_planes import require_one_plane
from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels

SUFFIXES = (".tif", ".tiff", ".png")

MAX_PIXELS = 2**26  # per frame, 8192×8192; checked on the declared size, before decoding

_MAX_TILE_PIXELS = 2**24  # 4096×4096; decoders allocate a whole tile, however small the image
_TILE_TAGS = (322, 323)  # TileWidth and TileLength of TIFF

_FORMATS = ("TIFF", "PNG")  # whatever the suffix: Pillow runs a program for some other formats
_TOO_LARGE = "cut the frame into smaller ones, or replace the file if it is damaged"
_GREY_MODES = {"1", "L", "I;16", "I;16B", "I;16L", "I;16N", "I"}


def list_images(folder: Path) -> list[Path]:
    """List the TIFF and PNG files of a folder, sorted by name, without hidden ones."""
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def read_size(path: Path) -> tuple[int, int]:
    """Read (height, width) as the file declares them; no pixel is decoded.

    Raises
    ------
    DataError
        If the file cannot be opened, is too large, has several pages, or is not grey.
    """
    with _open_page(path) as image:
        return image.height, image.width


def read_image(path: Path, white_level: int | None = None) -> Image:
    """Read a grey image file as float32 (H, W) in [0, 255]; see `to_grey_levels`.

    Raises
    ------
    DataError
        If the file cannot be read, is too large, is not grey, or does not fit the white level.
    """
    with _open_page(path) as image:
        pixels = np.asarray(image)
    return to_grey_levels(pixels, str(path), white_level)


def read_labels(path: Path) -> Labels:
    """Read a mask file as int32 labels (H, W), numbered 1..n; see `to_labels`.

    Raises
    ------
    DataError
        If the file cannot be read, is too large, is not grey, or is not a mask.
    """
    with _open_page(path) as image:
        pixels = np.asarray(image)
    return to_labels(pixels, str(path))


def check_size(what: str, width: int, height: int) -> None:
    """Raise a `DataError` if a frame of this declared size exceeds the limit."""
    if width * height > MAX_PIXELS:
        raise DataError(f"{what}: declares {width}×{height} px, more than the {MAX_PIXELS} px allowed; {_TOO_LARGE}")


def check_tiles(what: str, image: Pillow.Image) -> None:
    """Raise a `DataError` if the tiles of a TIFF page exceed the limit."""
    tags = getattr(image, "tag_v2", {})
    width, height = (tags.get(tag, 1) for tag in _TILE_TAGS)
    are_numbers = isinstance(width, int) and isinstance(height, int)  # a damaged tag may be text
    if not are_numbers or not 0 < width * height <= _MAX_TILE_PIXELS:
        raise DataError(
            f"{what}: has tiles of {str(width)[:20]}×{str(height)[:20]} px, and 1 to {_MAX_TILE_PIXELS} px are "
            "allowed; save it with smaller tiles or none, or replace the file if it is damaged"
        )


def check_grey(what: str, mode: str) -> None:
    """Raise a `DataError` if a Pillow mode is not grey."""
    if mode not in _GREY_MODES:
        raise DataError(
            f"{what}: has mode {mode} (colour, transparency or floating point); save it as 8- or 16-bit grey"
        )


def open_image(path: Path) -> Pillow.Image:
    """Open a TIFF or PNG file at its first page, not yet decoded; call it within `translate_decoding_errors`."""
    if not path.is_file():
        raise DataError(f"{path}: no such file; a TIFF or PNG file is expected")
    return Pillow.open(path, formats=_FORMATS)


@contextmanager
def translate_decoding_errors(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises on a damaged file into a `DataError` that names the file."""
    try:
        yield
    except DataError:
        raise
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise DataError(f"{path}: declares far more than the {MAX_PIXELS} px allowed; {_TOO_LARGE}") from error
    except Exception as error:
        raise DataError(
            f"{path}: cannot be read as an image ({error}); replace the file, or remove this image and its mask"
        ) from error


@contextmanager
def _open_page(path: Path) -> Iterator[Pillow.Image]:
    """Open a file that has one grey page."""
    with translate_decoding_errors(path), open_image(path) as image:
        check_size(str(path), image.width, image.height)
        with suppress(EOFError):
            image.seek(1)  # counting the pages of a hostile file could take long
            raise DataError(
                f"{path}: has more than one page; save one file per frame, or give the stacks of images and masks as "
                "IMAGES.tif:MASKS.tif"
            )
        if image.format == "TIFF":
            require_one_plane(path)
        check_grey(str(path), image.mode)
        check_tiles(str(path), image)
        yield image
