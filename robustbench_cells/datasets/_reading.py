"""Image and mask files into arrays, with errors that name the file and the remedy. Pillow decodes; nothing executes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from robustbench_cells.errors import DataError
from robustbench_cells.types import Image, Labels

SUFFIXES = (".tif", ".tiff", ".png")

_GREY_MODES = {"1", "L", "I;16", "I;16B", "I;16L", "I;16N", "I"}
_DECODING_ERRORS = (OSError, ValueError, TypeError, SyntaxError, Pillow.DecompressionBombError)
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
        If the file cannot be opened, has several pages, or is not grey.
    """
    try:
        with Pillow.open(path) as picture:
            _check_grey(path, picture)
            return picture.height, picture.width
    except _DECODING_ERRORS as error:
        raise _unreadable(path, error) from error


def read_image(path: Path, white_level: int | None = None) -> Image:
    """A grey image as float32 (H, W) in [0, 255].

    8-bit values are grey levels as they are. 16-bit values are scaled so that ``white_level`` becomes 255; it is 65535
    unless given. A 16-bit file whose brightest pixel is below 16384 is refused without one, since it then holds 14
    bits or fewer and would come out nearly black.

    Raises
    ------
    DataError
        If the file cannot be read, is not grey, or does not fit the white level.
    """
    pixels = _decode(path)
    if pixels.dtype == np.bool_:
        return pixels.astype(np.float32) * np.float32(_WHITE_8_BIT)
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32)
    darkest, brightest = int(pixels.min()), int(pixels.max())
    if white_level is None and brightest <= _WHITE_14_BIT:
        raise DataError(
            f"{path}: a 16-bit file whose brightest pixel is {brightest} of {_WHITE_16_BIT}; say which value is white: "
            f"white level {_WHITE_12_BIT} for a 12-bit camera, {_WHITE_14_BIT} for 14 bits, {_WHITE_16_BIT} to keep it "
            "this dark (--rb-white-level of pytest, --white-level of the other commands)"
        )
    white = _WHITE_16_BIT if white_level is None else white_level
    if darkest < 0 or brightest > white:
        raise DataError(
            f"{path}: grey levels span {darkest} to {brightest}, outside 0 to the white level {white}; give a white "
            "level that holds them, or save the file without negative values"
        )
    return np.minimum(pixels.astype(np.float32) * np.float32(_WHITE_8_BIT / white), np.float32(_WHITE_8_BIT))


def read_labels(path: Path) -> Labels:
    """A mask as int32 labels (H, W), numbered 1..n.

    A file with one value besides 0 is a binary mask, and its cells are the 8-connected components; one with more
    values is an instance mask, and its ids are kept in their order.

    Raises
    ------
    DataError
        If the file cannot be read or is not grey.
    """
    pixels = _decode(path)
    ids = np.unique(pixels)
    if ids[0] < 0:
        raise DataError(f"{path}: label {ids[0]} is negative; a mask holds 0 for background and positive ids")
    if ids[0] > 0:
        raise DataError(f"{path}: has no background (0) anywhere; is it an image in the place of a mask?")
    ids = ids[ids > 0]
    if len(ids) <= 1:
        _, components = cv2.connectedComponents((pixels > 0).astype(np.uint8), connectivity=8)
        return components.astype(np.int32)
    dense = np.searchsorted(ids, pixels, side="right")
    return np.where(pixels > 0, dense, 0).astype(np.int32)


def _decode(path: Path) -> npt.NDArray[np.integer | np.bool_]:
    try:
        with Pillow.open(path) as picture:
            _check_grey(path, picture)
            pixels = np.asarray(picture)
    except _DECODING_ERRORS as error:
        raise _unreadable(path, error) from error
    return pixels.astype(np.int32) if pixels.dtype not in (np.dtype(np.uint8), np.dtype(np.bool_)) else pixels


def _check_grey(path: Path, picture: Pillow.Image) -> None:
    if getattr(picture, "n_frames", 1) > 1:
        raise DataError(f"{path}: has {picture.n_frames} pages; save each frame as a file of its own")  # type: ignore[attr-defined]
    if picture.mode not in _GREY_MODES:
        raise DataError(
            f"{path}: is {picture.mode} (colour, transparency or floating point); save it as 8- or 16-bit grey"
        )


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: cannot be read as an image ({error}); replace the file or remove it with its partner")
