"""Channels of TIFF: samples and pages, by the names and in the order that the file declares."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

import robustbench_cells as rb
from robustbench_cells.errors import DataError
from tests.support.coloured_files import NAMES, PLANES, SEVERAL, open_image, written
from tests.support.raw_tiff import write_raw_tiff
from tests.support.round_cells import LABELS
from tests.support.tiff_frames import colour_page

Planes = np.ndarray


def rewritten(path: Path, old: str, new: str) -> None:
    """Change the OME-XML of a file of three channels."""
    text = tifffile.tiffcomment(path)
    changed = re.sub(old, new, text, flags=re.DOTALL)
    assert changed != text
    tifffile.tiffcomment(path, changed)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('DimensionOrder="XYCZT"', 'DimensionOrder="XYCCC"', "has the order CCC"),
        ('DimensionOrder="XYCZT"', 'DimensionOrder="XYT"', "has the order T"),
        ("<TiffData[^>]*?/?>(.*?</TiffData>)?", "<TiffData/>" * 9, "and 9 runs of 3 planes"),
        ('PlaneCount="3"', 'PlaneCount="99999999999"', "a run of 99999999999 planes"),
        ('IFD="0"', 'IFD="1"', "does not give each plane a page of its own"),
        ('IFD="0"', 'IFD="0" FirstC="7"', "cannot be read as an image"),
        ('SizeC="3"', 'SizeC="300000000"', "pages are read as channels only where the file declares at most 64"),
        ('SizeC="3"', 'SizeC="4"', "declares C 4 but has 3 pages"),
    ],
)
def test_a_hostile_description_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    written(tmp_path, "a.ome.tif", SEVERAL["unnamed.ome.tif"])
    rewritten(tmp_path / "input/a.ome.tif", old, new)
    with pytest.raises(DataError, match=message):
        open_image(tmp_path, "a.ome.tif", 0)


@pytest.mark.parametrize("name", ["named.ome.tif", "reversed.ome.tif"])
def test_channels_go_by_their_names(name: str, tmp_path: Path) -> None:
    written(tmp_path, name, SEVERAL[name])
    for number, channel in enumerate(NAMES):
        image = open_image(tmp_path, name, channel.upper()).read(name.partition(".")[0]).image
        np.testing.assert_array_equal(image, PLANES[..., number])


def test_a_file_without_a_pixel_is_refused(tmp_path: Path) -> None:
    """Its transparency would be compared with that of a first pixel."""
    opaque = np.dstack([PLANES, np.full_like(PLANES[..., 0], 255)])
    (tmp_path / "input").mkdir()
    write_raw_tiff(tmp_path / "input/a.tif", [colour_page(opaque, 2, {338: (2,), 257: (0,)})])
    for channel in (None, "red", ["red", "green"]):
        with pytest.raises(DataError, match=r"declares 300×0 px, so it has no pixel"):
            open_image(tmp_path, "a.tif", channel)


def stack(order: str, **options: object) -> Callable[[Path, Planes], None]:
    def write(path: Path, frames: Planes) -> None:  # (T, C, H, W)
        pixels = frames if order.startswith("T") else frames.swapaxes(0, 1)
        tifffile.imwrite(path, pixels, metadata={"axes": order}, **options)

    return write


STACKS: dict[str, Callable[[Path, Planes], None]] = {
    "ome, channels first": stack("TCYX", ome=True, photometric="minisblack"),
    "ome, time first": stack("CTYX", ome=True, photometric="minisblack"),
    "ImageJ": stack("TCYX", imagej=True),
    "shaped": stack("CTYX", photometric="minisblack"),
    "colours": lambda path, frames: tifffile.imwrite(
        path, np.moveaxis(frames, 1, -1), ome=True, photometric="rgb", metadata={"axes": "TYXS"}
    ),
}


@pytest.mark.parametrize("name", STACKS)
def test_stacks_of_frames_with_channels(name: str, tmp_path: Path) -> None:
    frames = np.stack([np.moveaxis(PLANES, -1, 0), np.moveaxis(255 - PLANES, -1, 0)])
    (tmp_path / "s").mkdir()
    where = f"{tmp_path}/s/images.ome.tif:{tmp_path}/s/masks.tif"
    STACKS[name](tmp_path / "s/images.ome.tif", frames)
    tifffile.imwrite(tmp_path / "s/masks.tif", LABELS, photometric="minisblack")
    for number in range(3):
        data = rb.open_dataset(where, channel=number)
        for frame in (0, 1):
            np.testing.assert_array_equal(data.read(str(frame)).image, frames[frame, number])
    with pytest.raises(DataError, match=r"choose one (of its )?channel.*--rb-channel"):
        rb.open_dataset(where)
