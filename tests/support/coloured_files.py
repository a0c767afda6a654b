"""Files of one frame with colours or several channels, written by each format's own library or byte by byte."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image as Pillow

import robustbench_cells as rb
from robustbench_cells.datasets.selection import Selection
from tests.conftest import save_mask
from tests.support.raw_png import RGB, RGB_ALPHA, write_raw_png
from tests.support.raw_tiff import write_raw_tiff
from tests.support.round_cells import IMAGES, LABELS
from tests.support.tiff_frames import colour_page

CELLS = LABELS[0]
PLANES = np.stack([255 - IMAGES[0], IMAGES[0] // 2 + 9, IMAGES[1]], axis=-1)  # (H, W, 3): the channels differ
GREY = np.asarray(Pillow.fromarray(PLANES).convert("L"))  # by another library
NAMES = ["DAPI", "actin", "phase"]


def ome(order: str, names: list[str] | None = None) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        metadata = {"axes": order} | ({"Channel": {"Name": names}} if names else {})
        tifffile.imwrite(path, np.moveaxis(PLANES, -1, 0), ome=True, photometric="minisblack", metadata=metadata)

    return write


def ome_reversed(path: Path) -> None:
    """The pages in another order than the channels, as OME-XML may give them."""
    ome("CYX", NAMES)(path)
    text = tifffile.tiffcomment(path)
    runs = "".join(f'<TiffData IFD="{2 - channel}" FirstC="{channel}" PlaneCount="1"/>' for channel in range(3))
    text = re.sub(r"<TiffData.*</TiffData>|<TiffData[^>]*/>", runs, text, flags=re.DOTALL)
    tifffile.imwrite(
        path, np.moveaxis(PLANES[..., ::-1], -1, 0), photometric="minisblack", description=text, metadata=None
    )


def imagej(path: Path) -> None:
    tifffile.imwrite(path, np.moveaxis(PLANES, -1, 0), imagej=True, metadata={"axes": "CYX"})


def shaped(path: Path) -> None:
    tifffile.imwrite(path, np.moveaxis(PLANES, -1, 0), photometric="minisblack", metadata={"axes": "CYX"})


def planar(path: Path) -> None:
    tifffile.imwrite(path, np.moveaxis(PLANES, -1, 0), photometric="rgb", planarconfig="separate", metadata=None)


def interleaved(path: Path) -> None:
    tifffile.imwrite(path, PLANES, photometric="minisblack", planarconfig="contig", metadata=None)


def ome_colours(path: Path) -> None:
    tifffile.imwrite(path, PLANES, ome=True, photometric="rgb")


COLOURED: dict[str, Callable[[Path], None]] = {
    "rgb.png": lambda path: write_raw_png(path, PLANES, 8, RGB),
    "rgba.png": lambda path: write_raw_png(path, np.dstack([PLANES, np.full_like(CELLS, 255)]), 8, RGB_ALPHA),
    "deep.png": lambda path: write_raw_png(path, PLANES.astype(np.uint16) * 257, 16, RGB),
    "rgb.tif": lambda path: tifffile.imwrite(path, PLANES, photometric="rgb"),
    "rgba.tif": lambda path: write_raw_tiff(
        path, [colour_page(np.dstack([PLANES, np.full_like(CELLS, 255)]), 2, {338: (2,)})]
    ),
    "lzw.tif": lambda path: Pillow.fromarray(PLANES).save(path, compression="tiff_lzw"),
    "planar.tif": planar,
    "colours.ome.tif": ome_colours,
}
SEVERAL: dict[str, Callable[[Path], None]] = {
    "named.ome.tif": ome("CYX", NAMES),
    "reversed.ome.tif": ome_reversed,
    "unnamed.ome.tif": ome("CYX"),
    "imagej.tif": imagej,
    "shaped.tif": shaped,
    "interleaved.tif": interleaved,
}


def open_image(
    root: Path, name: str, channel: str | int | list[str] | None = None, white_level: int | None = None
) -> Selection:
    """Open a data set of one frame, whose image is the file ``input/NAME``."""
    save_mask(root / f"output/{name.partition('.')[0]}.png", CELLS)
    return rb.open_dataset(root, channel=channel, white_level=white_level)


def written(root: Path, name: str, write: Callable[[Path], None]) -> Path:
    (root / "input").mkdir(parents=True, exist_ok=True)
    write(root / "input" / name)
    return root
