"""Two stacks in TIFF files, one of images and one of masks: a page a frame."""

from __future__ import annotations

import itertools
import json
import math
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from robustbench_cells.datasets.image_files import check_grey, check_size, check_tiles, decoding, open_picture
from robustbench_cells.datasets.naming import only_split
from robustbench_cells.datasets.paired_planes import PairedPlanes
from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset

_SUFFIXES = (".tif", ".tiff")
_MAX_PAGES = 2**15
_MAX_PIXELS = 2**34  # of all pages together, 4096 frames of 2048×2048: some small files declare what takes days to read
_FRAME_AXES = {"T", "Z", "I", "Q"}  # time, depth, and 'sequence' and 'unknown', which tifffile calls so


@SOURCES.register
class Stack(DatasetSource):
    """Multi-page TIFF and OME-TIFF: as many pages in the masks' file as in that of the images.

    Time is the frame axis, or depth where it is alone; a stack of more axes, channels or colours is refused. Frames
    are numbered from 0. A page is read when it is needed, so memory does not grow with the stack.
    """

    name = "stack"
    layout = "IMAGES.tif:MASKS.tif, a page a frame (also .ome.tif)"
    splits = "none"

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        paths = self._paths(where)
        return all(path.suffix.lower() in _SUFFIXES for path in paths) and any(path.is_file() for path in paths)

    def open(self, where: str, split: str | None, white_level: int | None) -> Dataset:
        """See `DatasetSource.open`."""
        only_split(where, split)
        images, masks = map(Pages, self._paths(where))
        return PairedPlanes(where, [str(number) for number in range(images.shape[0])], images, masks, white_level)

    def _paths(self, where: str) -> tuple[Path, Path]:
        images, _, masks = where.rpartition(":")
        return Path(images), Path(masks)


class Pages:
    """The pages of a TIFF file (see `Planes`): tifffile reads what they are, Pillow decodes one at a time."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.path = path
        self.shape = _declared(path)
        self._lock = threading.Lock()
        with decoding(path):
            self._picture: Pillow.Image = open_picture(
                path
            )  # open for good: from the start, a late page is slow to find
        weakref.finalize(self, self._picture.close)

    def pixels(self, index: int) -> npt.NDArray[Any]:
        """See `Planes.pixels`."""
        what = f"{self.path}, page {index}"
        with self._lock, decoding(self.path):
            self._picture.seek(index)
            if (self._picture.height, self._picture.width) != self.shape[1:]:
                raise DataError(f"{what}: is of another size than it declares; replace the file")
            check_grey(what, self._picture.mode)
            check_tiles(what, self._picture)
            return np.array(self._picture)


def _declared(path: Path) -> tuple[int, int, int]:
    """(N, H, W) of a stack whose pages are frames, all of one size; no pixel is decoded."""
    from tifffile import TiffFile

    with decoding(path):
        if not path.is_file():
            raise DataError(f"{path}: no such file; name the stacks of images and of masks as IMAGES.tif:MASKS.tif")
        with TiffFile(path) as file:
            first = file.pages[0].aspage()
            width, height = first.imagewidth, first.imagelength
            check_size(str(path), width, height)
            offsets: set[int] = set()
            for index in itertools.count():
                try:
                    page = file.pages[index].aspage()
                except IndexError:
                    break
                offsets.add(page.offset)
                if len(offsets) <= index or index >= _MAX_PAGES or width * height * len(offsets) > _MAX_PIXELS:
                    raise DataError(
                        f"{path}: has more than the {_MAX_PAGES} pages or {_MAX_PIXELS} px allowed, or pages without "
                        "end; cut the stack into smaller ones, or replace the file if it is damaged"
                    )
                if (page.imagewidth, page.imagelength) != (width, height):
                    raise DataError(
                        f"{path}: page {index} is {page.imagewidth}×{page.imagelength} px, page 0 {width}×{height} px; "
                        "save frames of one size, and no previews"
                    )
            axes = _axes(first, len(offsets))
        _check_axes(path, axes, len(offsets))
    return len(offsets), height, width


def _axes(page: Any, pages: int) -> list[tuple[str, int]]:
    """A stack's axes besides height and width with their sizes, as its first page tells them; size 1 left out."""
    axes = [("I", pages)]
    if page.is_ome:
        axes = _ome_axes(page.description)
    elif page.is_imagej:
        notes = dict(line.split("=", 1) for line in page.imagej_description.splitlines() if "=" in line)
        axes = [(axis, int(notes.get(name, 1))) for axis, name in (("T", "frames"), ("Z", "slices"), ("C", "channels"))]
        if all(size == 1 for _, size in axes):
            axes = [("I", int(notes.get("images", pages)))]
    elif page.is_shaped:
        notes = json.loads(page.shaped_description)
        leading = notes["shape"][: -3 if page.samplesperpixel > 1 else -2]
        if math.prod(leading) > 1:  # else each page was written by itself
            axes = list(zip((notes.get("axes") or "Q" * len(leading)).upper(), leading, strict=False))
    return [(axis, size) for axis, size in [*axes, ("S", page.samplesperpixel)] if size != 1]


def _ome_axes(description: str) -> list[tuple[str, int]]:
    if "<!DOCTYPE" in description:  # where entities that unfold without end are declared
        raise ValueError("its OME-XML declares a document type, which none needs")
    images = [node for node in ElementTree.fromstring(description) if node.tag.endswith("}Image")]  # noqa: S314
    pixels = [node for image in images for node in image if node.tag.endswith("}Pixels")]
    if not pixels:
        raise ValueError("its OME-XML describes no pixels; is it a part of a set of files?")
    return [*((axis, int(pixels[0].attrib[f"Size{axis}"])) for axis in "TZC"), ("image", len(images))]


def _check_axes(path: Path, axes: Sequence[tuple[str, int]], pages: int) -> None:
    """Raise a `DataError` if it is not clear that a page is a frame."""
    told = ", ".join(f"{axis} {size}" for axis, size in axes)
    if len(axes) > 1 or any(axis not in _FRAME_AXES for axis, _ in axes):
        remedy = "save one grey channel, and one plane a frame, as a stack of its own"
        if any(axis == "S" for axis, _ in axes):
            remedy += "; frames that tifffile.imwrite took for colours need its photometric='minisblack'"
        raise DataError(
            f"{path}: has the axes {told} besides height and width, and only one of time (T) or depth (Z) can be "
            f"frames; {remedy}"
        )
    if (declared := math.prod(size for _, size in axes)) != pages:
        cut_off = "is it cut off? Then get it again; else " if pages < declared else ""
        raise DataError(
            f"{path}: declares {told or 'one plane'} and has {pages} page{'s' if pages > 1 else ''}; {cut_off}save it "
            "again as one file, a page a frame"
        )
