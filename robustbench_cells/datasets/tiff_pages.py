"""Pages of a TIFF file: tifffile reads their tags, and each is decoded on demand."""

from __future__ import annotations

import io
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from robustbench_cells.datasets.limits import check_size, translate_decoding_errors
from robustbench_cells.datasets.stored_plane import StoredPlane
from robustbench_cells.datasets.tiff_decoding import decode_page
from robustbench_cells.datasets.tiff_planes import require_one_plane
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

    def read(self, index: int, what: str) -> StoredPlane:
        """Check and decode a page.

        Raises
        ------
        DataError
            If it is not read; ``what`` names it.
        """
        with self._lock, translate_decoding_errors(self.path):
            page = self.page(index)
            check_page(what, page)
            self._reader.left = sys.maxsize - 1
            return decode_page(what, page, lambda: self._open_by_pillow(index))

    def _open_by_pillow(self, index: int) -> Pillow.Image:
        if self._image is None:
            self._image = Pillow.open(self.path, formats=("TIFF",))
            weakref.finalize(self, self._image.close)
        self._image.seek(index)
        return self._image


def read_tiff_size(path: Path) -> tuple[int, int]:
    """Read (height, width) of a file of one page; no pixel is decoded.

    Raises
    ------
    DataError
        If the file has several pages, or its page is not read. tifffile raises anything on a damaged one.
    """
    page = _single_page(TiffPages(path))
    return page.imagelength, page.imagewidth


def read_tiff(path: Path) -> StoredPlane:
    """Decode a file of one page.

    Raises
    ------
    DataError
        As `read_tiff_size`, and if the page is damaged.
    """
    pages = TiffPages(path)
    _single_page(pages)
    return pages.read(0, str(path))


def _single_page(pages: TiffPages) -> Any:
    page = pages.page(0)
    try:
        pages.page(1)  # counting the pages of a hostile file could take long
    except IndexError:
        check_size(str(pages.path), page.imagewidth, page.imagelength)
        require_one_plane(pages.path, page)
        check_page(str(pages.path), page)
        return page
    raise DataError(
        f"{pages.path}: has more than one page; save one file per frame, or give the stacks of images and masks as "
        "IMAGES.tif:MASKS.tif"
    )
