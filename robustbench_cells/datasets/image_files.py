"""Image and mask files into arrays, with errors that name the file and the remedy. Pillow decodes; nothing executes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from robustbench_cells.datasets.grey_levels import grey_levels, labels_of
from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels

SUFFIXES = (".tif", ".tiff", ".png")

MAX_PIXELS = 2**26  # of a frame, 8192×8192; one that is declared larger is refused before it is decoded

_MAX_TILE_PIXELS = 2**24  # 4096×4096; a decoder makes room for a whole tile, however small the picture
_TILE_TAGS = (322, 323)  # width and height, in TIFF

_FORMATS = ("TIFF", "PNG")  # whatever the file is called; some other formats of Pillow run a program
_TOO_LARGE = "cut the frame into smaller ones, or replace the file if it is damaged"
_GREY_MODES = {"1", "L", "I;16", "I;16B", "I;16L", "I;16N", "I"}


def image_files(folder: Path) -> list[Path]:
    """The TIFF and PNG files of a folder, sorted by name; hidden ones left out."""
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def number_of(path: Path) -> int:
    """The last number in a file's name: ``man_seg007.tif`` is 7.

    Raises
    ------
    DataError
        If the name has no number.
    """
    numbers = re.findall(r"\d+", path.stem)
    if not numbers:
        raise DataError(f"{path}: no number in the name; images and masks are matched by number, so rename it")
    return int(numbers[-1])


def by_number(paths: Iterable[Path]) -> dict[int, Path]:
    """Files by the number in their names.

    Raises
    ------
    DataError
        If two files have one number.
    """
    found: dict[int, Path] = {}
    for path in paths:
        number = number_of(path)
        if number in found:
            raise DataError(f"{path} and {found[number].name} have the same number {number}; rename or remove one")
        found[number] = path
    return found


def read_size(path: Path) -> tuple[int, int]:
    """(height, width) as the file declares them; no pixel is decoded.

    Raises
    ------
    DataError
        If the file cannot be opened, is too large, has several pages, or is not grey.
    """
    with _opened(path) as picture:
        return picture.height, picture.width


def read_image(path: Path, white_level: int | None = None) -> Image:
    """A grey image file as float32 (H, W) in [0, 255]; see `grey_levels`.

    Raises
    ------
    DataError
        If the file cannot be read, is too large, is not grey, or does not fit the white level.
    """
    with _opened(path) as picture:
        pixels = np.asarray(picture)
    return grey_levels(pixels, str(path), white_level)


def read_labels(path: Path) -> Labels:
    """A mask file as int32 labels (H, W), numbered 1..n; see `labels_of`.

    Raises
    ------
    DataError
        If the file cannot be read, is too large, is not grey, or is no mask.
    """
    with _opened(path) as picture:
        pixels = np.asarray(picture)
    return labels_of(pixels, str(path))


def check_size(what: str, width: int, height: int) -> None:
    """Raise a `DataError` if a frame of this declared size is more than is decoded."""
    if width * height > MAX_PIXELS:
        raise DataError(
            f"{what}: is declared as {width}×{height} px, more than the {MAX_PIXELS} px allowed; {_TOO_LARGE}"
        )


def check_tiles(what: str, picture: Pillow.Image) -> None:
    """Raise a `DataError` if a picture's page, in TIFF, is of tiles larger than are decoded."""
    tags = getattr(picture, "tag_v2", {})
    width, height = (tags.get(tag, 1) for tag in _TILE_TAGS)
    numbers = isinstance(width, int) and isinstance(height, int)  # a file may say anything
    if not numbers or not 0 < width * height <= _MAX_TILE_PIXELS:
        raise DataError(
            f"{what}: has tiles of {str(width)[:20]}×{str(height)[:20]} px, and {_MAX_TILE_PIXELS} px are allowed; "
            "save it with smaller tiles or none, or replace the file if it is damaged"
        )


def check_grey(what: str, mode: str) -> None:
    """Raise a `DataError` if a picture of this mode of Pillow's is not grey."""
    if mode not in _GREY_MODES:
        raise DataError(f"{what}: is {mode} (colour, transparency or floating point); save it as 8- or 16-bit grey")


def open_picture(path: Path) -> Pillow.Image:
    """A TIFF or PNG file at its first page, not yet decoded; call it within `decoding`."""
    if not path.is_file():
        raise DataError(f"{path}: no such file; it should be a TIFF or PNG file")
    return Pillow.open(path, formats=_FORMATS)


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Whatever a decoder raises at a damaged or absurd file becomes a `DataError` with its name."""
    try:
        yield
    except DataError:
        raise
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise DataError(f"{path}: is declared far larger than the {MAX_PIXELS} px allowed; {_TOO_LARGE}") from error
    except Exception as error:
        raise DataError(
            f"{path}: cannot be read as an image ({error}); replace the file or remove it with its partner"
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[Pillow.Image]:
    """A file of one grey page."""
    with decoding(path), open_picture(path) as picture:
        check_size(str(path), picture.width, picture.height)
        with suppress(EOFError):
            picture.seek(1)  # counting them would take long in a file of very many
            raise DataError(
                f"{path}: has more than one page; save each frame as a file of its own, or name the stacks of images "
                "and of masks as IMAGES.tif:MASKS.tif"
            )
        check_grey(str(path), picture.mode)
        check_tiles(str(path), picture)
        yield picture
