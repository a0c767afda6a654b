"""Pages of a TIFF file: tifffile reads their tags, and each is decoded on demand."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from robustbench_cells.datasets.limits import check_size, translate_decoding_errors
from robustbench_cells.datasets.stored_plane import StoredPlane
from robustbench_cells.datasets.tiff_decoding import decode_page
from robustbench_cells.datasets.tiff_planes import require_one_plane
from robustbench_cells.datasets.tiff_tags import check_page
from robustbench_cells.errors import DataError
from robustbench_cells.files.reading import UNLIMITED, require_file


class TiffPages:
    """An open TIFF file. It stays open until nothing refers to it: seeking a late page from the start is slow."""

    def __init__(self, path: Path) -> None:
        from tifffile import TiffFile

        require_file(path, UNLIMITED, DataError)
        self.path = path
        self._lock = threading.Lock()
        self._image: Pillow.Image | None = None
        self._file = TiffFile(path)
        weakref.finalize(self, self._file.close)

    def page(self, index: int) -> Any:
        """Read the tags of a page, as one of tifffile's; an `IndexError` if there is none."""
        return self._file.pages[index].aspage()

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
