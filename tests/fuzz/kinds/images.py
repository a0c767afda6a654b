"""Frames and masks in folders, PNG and TIFF."""

from __future__ import annotations

from pathlib import Path

import tifffile
from PIL import Image as Pillow

from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._frames import BINARY, DEEP, IMAGES, LABELS, read_all


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

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return read_all(str(folder))
