"""How many planes a TIFF file declares, whoever wrote it: one directory may stand for a whole stack."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from robustbench_cells.datasets.stored_plane import CHANNEL_OPTION
from robustbench_cells.datasets.tiff_tags import read_imagej_notes
from robustbench_cells.errors import DataError

FRAME_AXES = {"T", "Z", "I", "Q"}  # tifffile's codes for time, depth, 'sequence' and 'unknown'

_SEPARATE = 2  # planar configuration
_METAMORPH = 33629  # tag UIC2


def read_axes(page: Any, pages: int) -> list[tuple[str, int]]:
    """Read from a file's first page its axes and sizes, without height, width and axes of size 1.

    Parameters
    ----------
    page
        First page, of tifffile.
    pages
        Number of pages in the file.
    """
    axes = [("I", pages)]
    if page.is_ome:
        axes = _read_ome_axes(page.description)
        if ("C", page.samplesperpixel) in axes:  # its channels are the samples of a pixel
            axes.remove(("C", page.samplesperpixel))
    elif page.is_imagej:
        notes = read_imagej_notes(page)
        axes = [(axis, int(notes.get(name, 1))) for axis, name in (("T", "frames"), ("Z", "slices"), ("C", "channels"))]
        if all(size == 1 for _, size in axes):
            axes = [("I", int(notes.get("images", pages)))]
    elif page.is_shaped:
        notes = json.loads(page.shaped_description)
        shape = notes["shape"]
        has_channel_axis = page.samplesperpixel > 1 or shape[-3:] == [page.imagelength, page.imagewidth, 1]
        leading = shape[: -3 if has_channel_axis else -2]
        if math.prod(leading) > 1:  # else the pages were written one by one
            axes = list(zip((notes.get("axes") or "Q" * len(leading)).upper(), leading, strict=False))
    elif _METAMORPH in page.tags:  # all planes are behind one directory, and the tag has one value for each
        axes = [("I", max(pages, page.tags[_METAMORPH].count))]
    axes.append(("depth", page.imagedepth))
    if page.planarconfig == _SEPARATE:  # colours of one frame, or frames that were taken for colours
        axes.append(("S", page.samplesperpixel))
    return [(axis, size) for axis, size in axes if size != 1]


def describe_axes(axes: Iterable[tuple[str, int]]) -> str:
    """Name axes and sizes: ``T 2, C 3``."""
    return ", ".join(f"{axis} {size}" for axis, size in axes) or "one plane"


def planes_remedy(axes: Iterable[str]) -> str:
    """What to do with a file of several planes, by its axes."""
    take = (
        "a frame is one plane: save one plane, or a projection, per frame (in Fiji: Image > Duplicate… without "
        "'stack', or Image > Stacks > Z Project…; in Python: tifffile.imwrite('plane.tif', "
        "tifffile.imread('stack.tif')[7]))"
    )
    if set(axes) == {"C"}:
        return f"of an image, choose one channel ({CHANNEL_OPTION}), or save the one that shows the cells as grey"
    if "C" in axes:
        return f"{take}, and choose one channel of the images ({CHANNEL_OPTION})"
    return f"{take}; if the pages are channels, save the file with axes that say so (metadata={{'axes': 'CYX'}})"


def require_one_plane(path: Path, page: Any, *, channels: bool = False) -> None:
    """Refuse a TIFF file of one page that declares more than the one plane which would be read.

    Parameters
    ----------
    path
        The file.
    page
        Its page, of tifffile.
    channels
        Whether the plane may have several channels, each stored by itself.

    Raises
    ------
    DataError
        If it declares several frames, slices, channels or images, or its page is a preview.
    """
    is_part = page.is_ome and _is_one_of_a_set(page.description)
    axes = [] if is_part else read_axes(page, 1)
    if channels and axes == [("S", page.samplesperpixel)]:
        axes = []
    if axes:
        shown = describe_axes(axes)
        remedy = "save one file per frame, or save it again as a stack with one page per frame and give "
        if any(axis == "S" for axis, _ in axes):
            remedy = (
                f"if these are colours of an image, choose one channel ({CHANNEL_OPTION}), or save one as grey; if "
                "tifffile.imwrite took frames for colours, pass "
                "photometric='minisblack' and give "
            )
        elif any(axis == "C" for axis, _ in axes):
            remedy = (
                "save it again with one page per channel, or the one that shows the cells as grey; for frames give "
            )
        raise DataError(
            f"{path}: declares {shown} in one page, and only its first plane would be read; {remedy}"
            "IMAGES.tif:MASKS.tif"
        )
    require_no_preview(path, page)


def require_no_preview(path: Path, page: Any) -> None:
    """Refuse a page that is a preview of another image in the file; levels of a pyramid are smaller than their page."""
    subs = [(sub.imagewidth, sub.imagelength) for sub in (page.pages or ())]
    if page.subfiletype & 1 or any(width * height >= page.imagewidth * page.imagelength for width, height in subs):
        raise DataError(
            f"{path}: its first page is a preview ({page.imagewidth}×{page.imagelength} px) of another image in the "
            "file, or has one as large behind it; save the image itself as a plain TIFF"
        )


def _read_ome_axes(description: str) -> list[tuple[str, int]]:
    pixels = ome_pixels(description)
    return [*((axis, int(pixels[0].attrib[f"Size{axis}"])) for axis in "TZC"), ("image", len(pixels))]


def ome_pixels(description: str) -> list[ElementTree.Element]:
    """Parse the descriptions of pixels in OME-XML, one for each image."""
    images = [node for node in _parse_ome(description) if node.tag.endswith("}Image")]
    pixels = [node for image in images for node in image if node.tag.endswith("}Pixels")]
    if not pixels:
        raise ValueError("its OME-XML describes no pixels; is it one of a set of files?")
    return pixels


def _is_one_of_a_set(description: str) -> bool:
    """Whether OME-XML distributes its planes over several files, of which this is one."""
    nodes = list(_parse_ome(description).iter())
    files = {node.get("FileName") for node in nodes if node.tag.endswith("}UUID")}
    return len(files) > 1 or any(node.tag.endswith("}BinaryOnly") for node in nodes)


def _parse_ome(description: str) -> ElementTree.Element:
    if "<!DOCTYPE" in description:  # it could declare entities that expand exponentially
        raise ValueError("its OME-XML has a DOCTYPE, which is not accepted")
    return ElementTree.fromstring(description)  # noqa: S314
