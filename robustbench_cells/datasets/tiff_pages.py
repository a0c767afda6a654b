"""Pages of a TIFF file: tifffile reads their tags, and each is decoded on demand."""

from __future__ import annotations

import io
import sys
import threading
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from robustbench_cells.datasets.limits import check_size, translate_decoding_errors
from robustbench_cells.datasets.stored_plane import StoredPlane, join_planes
from robustbench_cells.datasets.tiff_channels import (
    MAX_CHANNELS,
    ChannelPages,
    find_channel_pages,
    ome_channel_names,
)
from robustbench_cells.datasets.tiff_decoding import decode_page
from robustbench_cells.datasets.tiff_planes import (
    describe_axes,
    planes_remedy,
    read_axes,
    require_no_preview,
    require_one_plane,
)
from robustbench_cells.datasets.tiff_tags import RESAVE, check_page
from robustbench_cells.errors import DataError
from robustbench_cells.files.reading import UNLIMITED, require_file

_MAX_READ = 2**23  # bytes of a page's tags that are read on opening it; OME-XML of 32,000 planes has 6 MB
_MAX_TAGS = 2**26  # bytes of all tags of a page: Pillow reads them all
_MAX_ALL_TAGS = 2**30  # bytes of the tags of all pages, several of which may share one


class _Reader(io.BufferedReader):
    """A file of which a limited number of bytes may be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.path = path
        self.left = _MAX_READ

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most so many bytes; a `DataError` if they are more than are left."""
        content = super().read(self.left + 1 if size is None or size < 0 else min(size, self.left + 1))
        self.left -= len(content)
        if self.left < 0:
            raise DataError(f"{self.path}: has tags of more than {_MAX_READ} bytes in one page; {RESAVE}")
        return content


class TiffPages:
    """An open TIFF file. It stays open until nothing refers to it: seeking a late page from the start is slow."""

    def __init__(self, path: Path) -> None:
        from tifffile import TiffFile

        require_file(path, UNLIMITED, DataError)
        self.path = path
        self._lock = threading.Lock()
        self._image: Pillow.Image | None = None
        self._seen: set[int] = set()  # pages
        self._tag_bytes = 0  # of these pages
        self._reader = _Reader(path)
        weakref.finalize(self, self._reader.close)
        self._file = TiffFile(self._reader)
        weakref.finalize(self, self._file.close)

    def page(self, index: int) -> Any:
        """Read the tags of a page, as one of tifffile's; an `IndexError` if there is none.

        Raises
        ------
        DataError
            If they take much memory, or those of all pages so far much time.
        """
        self._reader.left = _MAX_READ
        page: Any = self._file.pages[index].aspage()
        size = sum(tag.valuebytecount for tag in page.tags)
        if index not in self._seen:
            self._seen.add(index)
            self._tag_bytes += size
        if size > _MAX_TAGS or self._tag_bytes > _MAX_ALL_TAGS:
            raise DataError(f"{self.path}: has more metadata in its tags than is read; {RESAVE}")
        return page

    def read(self, index: int, what: str, *, channels: bool = False) -> StoredPlane:
        """Check and decode a page, whose samples may be ``channels``.

        Raises
        ------
        DataError
            If it is not read; ``what`` names it.
        """
        with self._lock, translate_decoding_errors(self.path):
            page = self.page(index)
            check_page(what, page, channels=channels)
            self._reader.left = sys.maxsize - 1
            return decode_page(what, page, lambda: self._open_by_pillow(index), channels=channels)

    def _open_by_pillow(self, index: int) -> Pillow.Image:
        if self._image is None:
            self._image = Pillow.open(self.path, formats=("TIFF",))
            weakref.finalize(self, self._image.close)
        self._image.seek(index)
        return self._image


def read_tiff_size(path: Path, *, channels: bool = False) -> tuple[int, int]:
    """Read (height, width) of a file of one frame; no pixel is decoded.

    Parameters
    ----------
    path
        The file.
    channels
        Whether the frame may have several channels: samples of a pixel, or pages that are declared as such.

    Raises
    ------
    DataError
        If the file has several frames, or its pages are not read. tifffile raises anything on a damaged one.
    """
    pages = TiffPages(path)
    _find_planes(pages, channels=channels)
    page = pages.page(0)
    return page.imagelength, page.imagewidth


def read_tiff(path: Path, *, channels: bool = False) -> StoredPlane:
    """Decode a file of one frame; see `read_tiff_size`.

    Raises
    ------
    DataError
        As `read_tiff_size`, and if a page is damaged.
    """
    pages = TiffPages(path)
    found = _find_planes(pages, channels=channels)
    if found.numbers.size == 1:
        stored = pages.read(0, str(path), channels=channels)
        return replace(stored, names=stored.names or found.names)
    return read_channels(pages, found, 0)


def read_channels(pages: TiffPages, found: ChannelPages, frame: int) -> StoredPlane:
    """Decode all channels of a frame.

    Raises
    ------
    DataError
        If they are not of one type and size, or are not read.
    """
    planes = [pages.read(int(number), f"{pages.path}, page {number}") for number in found.numbers[frame]]
    return join_planes(planes, found.names, str(pages.path))


def _find_planes(pages: TiffPages, *, channels: bool) -> ChannelPages:
    """Find the pages of a file's one frame, and check them."""
    path, first = pages.path, pages.page(0)
    count = _count_pages(pages, MAX_CHANNELS if channels else 1)
    if count == 1:
        check_size(str(path), first.imagewidth, first.imagelength)
        require_one_plane(path, first, channels=channels)
        check_page(str(path), first, channels=channels)
        names = ome_channel_names(first.description, first.samplesperpixel) if channels and first.is_ome else ()
        return ChannelPages(np.zeros((1, 1), np.int64), names)
    if not channels:
        axes = dict(read_axes(first, count))
        shown = f" ({describe_axes(axes.items())})" if axes.keys() - {"I"} else ""
        raise DataError(
            f"{path}: has more than one page{shown}; save one file per frame, or give the stacks of images and masks "
            f"as IMAGES.tif:MASKS.tif; {planes_remedy(axes)}"
        )
    found = find_channel_pages(path, first, count)
    if len(found.numbers) > 1:
        others = {axis: size for axis, size in read_axes(first, count) if axis != "C"}
        raise DataError(
            f"{path}: has {len(found.numbers)} frames ({describe_axes(others.items())}), and one is expected; save one "
            f"file per frame, or give the stacks of images and masks as IMAGES.tif:MASKS.tif; {planes_remedy(others)}"
        )
    check_size(str(path), first.imagewidth, first.imagelength, count * max(1, first.dtype.itemsize))
    require_no_preview(path, first)
    for number in found.numbers[0]:
        page, what = pages.page(int(number)), f"{path}, page {number}"
        check_page(what, page)
        if (page.imagewidth, page.imagelength) != (first.imagewidth, first.imagelength):
            raise DataError(
                f"{what}: is {page.imagewidth}×{page.imagelength} px, but page 0 is "
                f"{first.imagewidth}×{first.imagelength} px; save channels of one size, without previews"
            )
    return found


def _count_pages(pages: TiffPages, most: int) -> int:
    """Count the pages up to one more than ``most``: counting those of a hostile file could take long."""
    for count in range(1, most + 1):
        try:
            pages.page(count)
        except IndexError:
            return count
    return most + 1
