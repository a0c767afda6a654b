"""Which pages of a TIFF file are the channels of which frame, and what the channels are called."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.tiff_planes import FRAME_AXES, describe_axes, ome_pixels, planes_remedy, read_axes
from robustbench_cells.errors import DataError

MAX_CHANNELS = 64


@dataclass(frozen=True, eq=False)
class ChannelPages:
    """Pages of the channels of frames.

    Attributes
    ----------
    numbers
        Numbers of the pages, (N, C), of N frames with C channels.
    names
        Names of the channels, empty where the file gives none.
    """

    numbers: npt.NDArray[np.int64]
    names: tuple[str, ...] = ()


def find_channel_pages(path: Path, first: Any, pages: int) -> ChannelPages:
    """Find the channels of each frame in a file of several pages, whose first one is given.

    Raises
    ------
    DataError
        If the file does not say that its pages are channels, or has more axes than channels and those of frames.
    """
    axes = dict(read_axes(first, pages))
    frames = [axis for axis in axes if axis != "C"]
    if "C" not in axes or len(frames) > 1 or not set(frames) <= FRAME_AXES or axes["C"] > MAX_CHANNELS:
        raise DataError(
            f"{path}: its pages are {describe_axes(axes.items())}, and pages are read as channels only where the file "
            f"declares at most {MAX_CHANNELS} channels (C), alone or with time or depth; {planes_remedy(axes)}"
        )
    if (declared := math.prod(axes.values())) != pages:
        raise DataError(
            f"{path}: declares {describe_axes(axes.items())} but has {pages} pages; save it again, one page per channel"
        )
    if first.is_ome:
        return _ome_pages(path, first.description, axes["C"])
    numbers = np.arange(declared)
    if first.is_imagej:  # in whose files channels change first
        return ChannelPages(numbers.reshape(-1, axes["C"]))
    notes = json.loads(first.shaped_description)
    names, shape = notes["axes"].upper(), notes["shape"]
    stacked = numbers.reshape([*shape[: names.index("C") + 1], -1])  # pages before, of, and within a channel
    return ChannelPages(np.moveaxis(stacked, -2, -1).reshape(-1, axes["C"]))


def ome_channel_names(description: str, count: int) -> tuple[str, ...]:
    """Read the names of the channels from OME-XML; empty if there are none, or not one for each."""
    channels = [node for node in ome_pixels(description)[0] if node.tag.endswith("}Channel")]
    names = tuple(node.get("Name", "") for node in channels)
    return names if len(names) == count and any(names) else ()


def _ome_pages(path: Path, description: str, channels: int) -> ChannelPages:
    """Read the page of each plane, which OME-XML gives as runs of planes in the order of its dimensions."""
    pixels = ome_pixels(description)[0]
    order = pixels.attrib["DimensionOrder"][2:]  # such as CZT, the fastest first
    sizes = [int(pixels.attrib[f"Size{axis}"]) for axis in order]
    runs = [node for node in pixels if node.tag.endswith("}TiffData")] or [ElementTree.Element("TiffData")]
    if sorted(order) != ["C", "T", "Z"] or len(runs) > math.prod(sizes):  # it could take memory and time without end
        raise ValueError(f"its OME-XML has the order {order[:20]} and {len(runs)} runs of {math.prod(sizes)} planes")
    pages = np.full(math.prod(sizes), -1)
    for run in runs:
        start = [int(run.get(f"First{axis}", 0)) for axis in order]
        plane = int(np.ravel_multi_index(start, sizes, order="F"))
        count = int(run.get("PlaneCount", 1 if "IFD" in run.attrib else len(pages)))
        page = int(run.get("IFD", 0))
        if not 0 < count <= len(pages):
            raise ValueError(f"its OME-XML has a run of {count} planes")
        pages[plane : plane + count] = np.arange(page, page + count)[: len(pages) - plane]
    if not np.array_equal(np.sort(pages), np.arange(len(pages))):
        raise DataError(f"{path}: its OME-XML does not give each plane a page of its own; save it again")
    axis = order.index("C")
    numbers = np.moveaxis(pages.reshape(sizes, order="F"), axis, -1)  # of the others, one at most is longer than 1
    return ChannelPages(numbers.reshape(-1, channels), ome_channel_names(description, channels))
