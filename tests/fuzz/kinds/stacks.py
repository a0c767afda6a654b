"""Stacks in TIFF, OME-TIFF and ImageJ's TIFF, one page per frame."""

from __future__ import annotations

from pathlib import Path

import tifffile

from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._frames import BINARY, IMAGES, LABELS, read_all


@KINDS.register
class Stacks(Kind):
    """Images and masks in two files."""

    name = "stacks"
    share = 1200

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        for name, options in (
            ("plain", {"photometric": "minisblack"}),
            ("ome", {"ome": True, "metadata": {"axes": "TYX", "UUID": "urn:uuid:0"}, "compression": "zlib"}),
            ("imagej", {"imagej": True, "metadata": {"axes": "TYX"}}),
            ("big", {"bigtiff": True, "photometric": "minisblack"}),
        ):
            (folder / name).mkdir()
            tifffile.imwrite(folder / name / "images.tif", IMAGES, **options)
            tifffile.imwrite(folder / name / "masks.tif", BINARY if name == "big" else LABELS, **options)

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return read_all(f"{folder}/images.tif:{folder}/masks.tif")
