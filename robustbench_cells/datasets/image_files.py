"""Image and mask files into arrays, with errors that name the file and the remedy. Pillow decodes; nothing executes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels

SUFFIXES = (".tif", ".tiff", ".png")

MOST_PIXELS = 2**26  # of a frame, 8192×8192; one that is declared larger is refused before it is decoded

_MOST_TILE_PIXELS = 2**24  # 4096×4096; a decoder makes room for a whole tile, however small the picture
_TILE_TAGS = (322, 323)  # width and height, in TIFF

_FORMATS = ("TIFF", "PNG")  # whatever the file is called; some other formats of Pillow run a program
_TOO_LARGE = "cut the frame into smaller ones, or replace the file if it is damaged"
_GREY_MODES = {"1", "L", "I;16", "I;16B", "I;16L", "I;16N", "I"}
_WHITE_8_BIT = 255
_WHITE_16_BIT = 65535
_WHITE_14_BIT = 16383
_WHITE_12_BIT = 4095


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


def check_size(what: str, width: int, height: int) -> None:
    """Raise a `DataError` if a frame of this declared size is more than is decoded."""
    if width * height > MOST_PIXELS:
        raise DataError(
            f"{what}: is declared as {width}×{height} px, more than the {MOST_PIXELS} px allowed; {_TOO_LARGE}"
        )


def check_tiles(what: str, picture: Pillow.Image) -> None:
    """Raise a `DataError` if a picture's page, in TIFF, is of tiles larger than are decoded."""
    tags = getattr(picture, "tag_v2", {})
    width, height = (tags.get(tag, 1) for tag in _TILE_TAGS)
    numbers = isinstance(width, int) and isinstance(height, int)  # a file may say anything
    if not numbers or not 0 < width * height <= _MOST_TILE_PIXELS:
        raise DataError(
            f"{what}: has tiles of {str(width)[:20]}×{str(height)[:20]} px, and {_MOST_TILE_PIXELS} px are allowed; "
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
        raise DataError(f"{path}: is declared far larger than the {MOST_PIXELS} px allowed; {_TOO_LARGE}") from error
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


def _floating(pixels: npt.NDArray[Any], what: str) -> Image:
    darkest, brightest = float(pixels.min()), float(pixels.max())
    if not 0 <= darkest <= brightest <= _WHITE_8_BIT or 0 < brightest <= 1:
        raise DataError(
            f"{what}: floating-point grey levels span {darkest:g} to {brightest:g}; scale them to 0 to {_WHITE_8_BIT}"
        )
    return pixels.astype(np.float32)
