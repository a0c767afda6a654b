"""Frames and masks in folders, PNG and TIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image as Pillow

from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._frames import BINARY, DEEP, IMAGES, LABELS, read_all
from tests.support.raw_png import GREY, PALETTE, RGB, RGB_ALPHA, write_raw_png
from tests.support.raw_tiff import write_raw_tiff
from tests.support.tiff_frames import colour_page, grey_page, palette_tag


@KINDS.register
class Images(Kind):
    """One frame and its mask in folders, by three libraries and with most compressions in microscopy."""

    name = "images"
    share = 2200

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        for name in ("png", "png_16", "png_1_bit", "tiff", "tiff_packed", "tiff_tiles", "tiff_big"):
            for part in ("input", "output"):
                (folder / name / part).mkdir(parents=True)
        Pillow.fromarray(IMAGES[0]).save(folder / "png" / "input" / "t0.png")
        Pillow.fromarray(BINARY[0]).save(folder / "png" / "output" / "t0.png", compress_level=0)
        Pillow.fromarray(DEEP[0]).save(folder / "png_16" / "input" / "t0.png")
        Pillow.fromarray(LABELS[0]).save(folder / "png_16" / "output" / "t0.png")
        Pillow.fromarray(IMAGES[0]).save(folder / "png_1_bit" / "input" / "t0.png")
        Pillow.fromarray(BINARY[0] > 0).save(folder / "png_1_bit" / "output" / "t0.png")
        for name, options in (
            ("tiff", {}),
            ("tiff_packed", {"compression": "zlib", "predictor": True, "rowsperstrip": 8}),
            ("tiff_tiles", {"tile": (16, 16), "byteorder": ">"}),
            ("tiff_big", {"bigtiff": True}),
        ):
            for part, pixels in (("input", DEEP[0] if name == "tiff_packed" else IMAGES[0]), ("output", LABELS[0])):
                tifffile.imwrite(folder / name / part / "t0.tif", pixels, photometric="minisblack", **options)
        for compression in ("tiff_lzw", "packbits", "group4"):
            for part in ("input", "output"):
                path = folder / f"pillow_{compression}" / part / "t0.tif"
                path.parent.mkdir(parents=True)
                pixels = BINARY[0] > 0 if compression == "group4" else IMAGES[0] if part == "input" else LABELS[0]
                Pillow.fromarray(pixels).save(path, compression=compression)
        _write_types(folder)

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return read_all(str(folder))


def _write_types(folder: Path) -> None:
    """Write what tells more of its values: colours, palettes, few bits, wide types, white as 0."""
    image, mask, opaque = IMAGES[0], LABELS[0].astype(np.uint8), np.full(IMAGES[0].shape, 255, np.uint8)
    colours = [(level, level, level) for level in range(256)]
    for part, plane in (("input", image), ("output", mask)):
        deep = np.dstack([plane.astype(np.uint16) * 257] * 3)
        write_raw_png(folder / "png_colours" / part / "t0.png", deep, 16, RGB)
        write_raw_png(folder / "png_alpha" / part / "t0.png", np.dstack([plane] * 3 + [opaque]), 8, RGB_ALPHA)
        chunks = [(b"PLTE", bytes(np.array(colours, np.uint8).ravel()))]
        write_raw_png(folder / "png_palette" / part / "t0.png", plane, 8, PALETTE, chunks)
        write_raw_png(folder / "png_4_bit" / part / "t0.png", plane % 16, 4, GREY, [(b"tRNS", b"\0\xff")])
        for name, page in (
            ("tiff_colours", colour_page(np.dstack([plane] * 3 + [opaque]), tags={338: (2,)})),
            ("tiff_palette", grey_page(plane, 8, tags={262: (3,), 320: palette_tag(*colours)})),
            ("tiff_4_bit", grey_page(plane % 16, 4, photometric=0)),
            ("tiff_12_bit", grey_page(plane.astype(np.uint16) * 16, 12)),
        ):
            write_raw_tiff(folder / name / part / "t0.tif", [page])
        path = folder / "tiff_wide" / part / "t0.tif"
        path.parent.mkdir(parents=True)
        wide = plane.astype(np.float64 if part == "input" else np.int64)
        tifffile.imwrite(path, wide, photometric="minisblack", compression="zlib", rowsperstrip=16)
