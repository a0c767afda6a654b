"""Image and mask files as arrays: untrusted, so sizes are checked before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.grey_levels import to_grey_levels
from robustbench_cells.datasets.label_values import CellLabels, to_labels
from robustbench_cells.datasets.limits import translate_decoding_errors
from robustbench_cells.datasets.png_files import SIGNATURE as PNG_SIGNATURE
from robustbench_cells.datasets.png_files import read_png, read_png_size
from robustbench_cells.datasets.tiff_pages import read_tiff, read_tiff_size
from robustbench_cells.errors import DataError
from robustbench_cells.files.reading import UNLIMITED, require_file
from robustbench_cells.types import Image, Remark

T = TypeVar("T")

SUFFIXES = (".tif", ".tiff", ".png")

_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # of either byte order; the latter two are BigTIFF
_OTHERS = {b"\xff\xd8\xff": "JPEG", b"BM": "BMP", b"GIF8": "GIF", b"\x93NUMPY": "NumPy", b"\x89HDF": "HDF5"}
_UNREAD = tuple(  # suffixes of images, also of microscopes
    f".{name}"
    for names in ("bmp dcm gif jp2 jpe jpeg jpg jxl webp", "btf czi ims lif lsm nd2 oib oif qptiff stk svs vsi zvi")
    for name in names.split()
)


def list_images(folder: Path) -> list[Path]:
    """List the TIFF and PNG files of a folder, sorted by name, without hidden ones."""
    return _list(folder, SUFFIXES)


def list_unread(folder: Path) -> list[str]:
    """List the names of a folder's images in formats that are not read."""
    return [path.name for path in _list(folder, _UNREAD)]


def read_size(path: Path, *, channels: bool = False) -> tuple[int, int]:
    """Read (height, width) as the file declares them; no pixel is decoded.

    Parameters
    ----------
    path
        An image or a mask.
    channels
        Whether it may have several channels, beside colours.

    Raises
    ------
    DataError
        If the file cannot be opened, is too large, has several pages, or declares values that are not read.
    """
    return _read(path, partial(read_tiff_size, channels=channels), read_png_size)


def read_image(
    path: Path, white_level: int | None = None, channel: Channel | None = None
) -> tuple[Image, tuple[Remark, ...]]:
    """Read an image file as float32 (H, W) in [0, 255], with what is odd about it; see `to_grey_levels`.

    Raises
    ------
    DataError
        If the file cannot be read, is too large, is not grey and no channel was asked for, or does not fit the white
        level.
    """
    stored = _read(path, partial(read_tiff, channels=channel is not None), read_png)
    return to_grey_levels(stored, str(path), white_level, channel)


def read_labels(path: Path, ignore_label: int | None = None) -> CellLabels:
    """Read a mask file as int32 labels (H, W), numbered 1..n; see `to_labels`.

    Raises
    ------
    DataError
        If the file cannot be read, is too large, is not grey, or is not a mask.
    """
    return to_labels(_read(path, read_tiff, read_png), str(path), ignore_label)


def _list(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def _read(path: Path, read_as_tiff: Callable[[Path], T], read_as_png: Callable[[Path], T]) -> T:
    """Read a file by what it is, whatever its suffix."""
    require_file(path, UNLIMITED, DataError)
    with translate_decoding_errors(path):
        with path.open("rb") as file:
            head = file.read(len(PNG_SIGNATURE))
        if head == PNG_SIGNATURE:
            return read_as_png(path)
        if head[:4] in _TIFF_SIGNATURES:
            return read_as_tiff(path)
        if other := next((name for start, name in _OTHERS.items() if head.startswith(start)), ""):
            raise DataError(
                f"{path}: is a {other} file, whatever its suffix, and only TIFF and PNG are read; save an image as one "
                "of these, and export a mask again from its source (JPEG makes up ids at the edges of cells)"
            )
        raise ValueError(f"it begins with {head!r}, and is neither TIFF nor PNG")
