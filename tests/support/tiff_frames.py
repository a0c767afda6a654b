"""Pages of TIFF files of the round cells, of any tags, as data sets of one frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import robustbench_cells as rb
from robustbench_cells.datasets.selection import Selection
from tests.support.raw_tiff import Tags, grey_tags, pack_bits, write_raw_tiff
from tests.support.round_cells import IMAGES, LABELS

Pixels = npt.NDArray[Any]
Page = tuple[bytes, Tags]
_SAMPLE_FORMATS = {"b": 1, "u": 1, "i": 2, "f": 3}


def grey_page(plane: Pixels, bits: int, order: str = "<", photometric: int = 1, tags: Tags | None = None) -> Page:
    """Make a page of one sample per pixel; ``tags`` replace its usual ones."""
    height, width = plane.shape
    usual = grey_tags((height, width), bits, _SAMPLE_FORMATS[plane.dtype.kind], photometric)
    packed = (
        pack_bits(plane, bits) if bits in (1, 2, 4, 12) else plane.astype(plane.dtype.newbyteorder(order)).tobytes()
    )
    return packed, usual | (tags or {})


def colour_page(plane: Pixels, photometric: int = 2, tags: Tags | None = None) -> Page:
    """Make a page of several samples per pixel, (H, W, S)."""
    height, width, samples = plane.shape
    bits = 8 * plane.dtype.itemsize
    usual = grey_tags((height, width), bits, photometric=photometric)
    return plane.tobytes(), usual | {258: (bits,) * samples, 277: (samples,)} | (tags or {})


IMAGE_PAGE, MASK_PAGE = grey_page(IMAGES[0], 8), grey_page(LABELS[0], 8)


def open_pages(root: Path, image: Page, mask: Page, reader: str = "folder", order: str = "<") -> Selection:
    """Open a data set of one frame, in folders or as a stack."""
    if reader == "stack":
        write_raw_tiff(root / "images.tif", [image], order)
        write_raw_tiff(root / "masks.tif", [mask], order)
        return rb.open_dataset(f"{root}/images.tif:{root}/masks.tif")
    write_raw_tiff(root / "input/t0.tif", [image], order)
    write_raw_tiff(root / "output/t0.tif", [mask], order)
    return rb.open_dataset(str(root))


def palette_tag(*entries: tuple[int, int, int]) -> list[int]:
    """Make the value of a ColorMap of 256 colours; those not given are black."""
    table = np.zeros((256, 3), int)
    table[: len(entries)] = entries
    return (table * 257).T.ravel().tolist()
