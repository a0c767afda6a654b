"""Images and masks in two TIFF stacks, one page per frame."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

from robustbench_cells.datasets.channels import Channel
from robustbench_cells.datasets.limits import check_size, translate_decoding_errors
from robustbench_cells.datasets.naming import resolve_single_split
from robustbench_cells.datasets.paired_planes import PairedPlanes
from robustbench_cells.datasets.sources._base import SOURCES, DatasetSource
from robustbench_cells.datasets.stored_plane import CHANNEL_OPTION, StoredPlane
from robustbench_cells.datasets.tiff_channels import ChannelPages, find_channel_pages
from robustbench_cells.datasets.tiff_pages import TiffPages, read_channels
from robustbench_cells.datasets.tiff_planes import FRAME_AXES, describe_axes, read_axes, require_no_preview
from robustbench_cells.datasets.tiff_tags import check_page
from robustbench_cells.errors import DataError
from robustbench_cells.types import Dataset

_SUFFIXES = (".tif", ".tiff")
_MAX_PAGES = 2**15
_MAX_PIXELS = 2**34  # over all pages, 4096 frames of 2048×2048: a small file can declare days of decoding


@SOURCES.register
class Stack(DatasetSource):
    """Multi-page TIFF and OME-TIFF: one page per frame, in the file of the masks as in that of the images.

    The frame axis is time, or depth where there is no time; stacks with more axes are refused, and those with channels
    or colours unless one is chosen.
    Frames are numbered from 0. Pages are read on demand, so memory does not grow with the stack.
    """

    name = "stack"
    layout = "IMAGES.tif:MASKS.tif, one page per frame (also .ome.tif)"
    splits = "none"

    def recognises(self, where: str) -> bool:
        """See `DatasetSource.recognises`."""
        paths = self._paths(where)
        return all(path.suffix.lower() in _SUFFIXES for path in paths) and any(path.exists() for path in paths)

    def open(
        self,
        where: str,
        split: str | None,
        white_level: int | None,
        ignore_label: int | None = None,
        channel: Channel | None = None,
    ) -> Dataset:
        """See `DatasetSource.open`."""
        resolve_single_split(where, split)
        image_file, mask_file = self._paths(where)
        images, masks = Pages(image_file, channels=channel is not None), Pages(mask_file)
        names = [str(number) for number in range(images.shape[0])]
        return PairedPlanes(where, names, images, masks, white_level, ignore_label, channel=channel)

    def _paths(self, where: str) -> tuple[Path, Path]:
        images, _, masks = where.rpartition(":")
        return Path(images), Path(masks)


class Pages:
    """`Planes` of a TIFF file, decoded one frame at a time; with ``channels`` a frame may have several."""

    def __init__(self, path: Path, *, channels: bool = False) -> None:
        self.name = str(path)
        if not path.exists():
            raise DataError(f"{path}: no such file; give the stacks of images and masks as IMAGES.tif:MASKS.tif")
        with translate_decoding_errors(path):
            self._pages = TiffPages(path)
            self._channels = channels
            self._planes: ChannelPages | None = None  # of several channels
            count, *size = _read_shape(self._pages, channels=channels)
            axes = read_axes(first := self._pages.page(0), count)
            if channels and "C" in dict(axes):
                self._planes = find_channel_pages(path, first, count)
                count = len(self._planes.numbers)
            else:
                _check_axes(path, axes, count)
            self.shape = (count, size[0], size[1])

    def plane(self, index: int) -> StoredPlane:
        """See `Planes.plane`."""
        if self._planes is not None:
            return read_channels(self._pages, self._planes, index)
        return self._pages.read(index, f"{self.name}, page {index}", channels=self._channels)


def _read_shape(pages: TiffPages, *, channels: bool) -> tuple[int, int, int]:
    """Read number, height and width of a stack's pages and check that they are of one size; no pixel is decoded."""
    path, first = pages.path, pages.page(0)
    width, height = first.imagewidth, first.imagelength
    check_size(str(path), width, height)
    require_no_preview(path, first)
    offsets: set[int] = set()
    for index in itertools.count():
        try:
            page = pages.page(index)
        except IndexError:
            break
        offsets.add(page.offset)
        if len(offsets) <= index or index >= _MAX_PAGES or width * height * len(offsets) > _MAX_PIXELS:
            raise DataError(
                f"{path}: has more than the {_MAX_PAGES} pages or {_MAX_PIXELS} px allowed, or a cyclic list of "
                "pages; split the stack, or replace the file if it is damaged"
            )
        if (page.imagewidth, page.imagelength) != (width, height):
            raise DataError(
                f"{path}: page {index} is {page.imagewidth}×{page.imagelength} px, but page 0 is {width}×{height} px; "
                "save frames of one size, without previews"
            )
        check_page(f"{path}, page {index}", page, channels=channels)
    return len(offsets), height, width


def _check_axes(path: Path, axes: Sequence[tuple[str, int]], pages: int) -> None:
    """Raise a `DataError` unless each page is clearly a frame."""
    shown = describe_axes(axes) if axes else ""
    if len(axes) > 1 or any(axis not in FRAME_AXES for axis, _ in axes):
        remedy = "save a stack of one grey channel with one page per frame"
        if any(axis == "S" for axis, _ in axes):
            remedy += "; if tifffile.imwrite took the frames for colours, pass photometric='minisblack'"
        elif any(axis == "C" for axis, _ in axes):
            remedy += f"; of images with channels and one other axis, choose one channel ({CHANNEL_OPTION})"
        raise DataError(
            f"{path}: has axes {shown} besides height and width, but the frames must be either time (T) or depth (Z); "
            f"{remedy}"
        )
    if (declared := math.prod(size for _, size in axes)) != pages:
        truncated = "if it is truncated, get a fresh copy; else " if pages < declared else ""
        raise DataError(
            f"{path}: declares {shown or 'one plane'} but has {pages} page{'s' if pages > 1 else ''}; {truncated}"
            "save it again as one file with one page per frame"
        )
