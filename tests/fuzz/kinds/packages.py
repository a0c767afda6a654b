"""Packages of bioimage.io."""

from __future__ import annotations

import zipfile
from pathlib import Path

from robustbench_cells.models.exports import EXPORTS
from robustbench_cells.models.loading import load_segmenter
from tests.fuzz.damage.archives import write_archive
from tests.fuzz.kind import KINDS, Kind
from tests.support.networks import save_tiny_network

CARD = {"authors": ["A. Name"], "license": "MIT"}


@KINDS.register
class Packages(Kind):
    """A package as the export writes it: description, graph and test images."""

    name = "packages"
    share = 150
    mebibytes = 4608
    batch = 150

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        (folder / "tiny").mkdir()
        path = save_tiny_network(folder / "mine.keras", seed=1)
        EXPORTS.get("bioimageio").write(load_segmenter(str(path)), CARD, folder / "net.zip")
        with zipfile.ZipFile(folder / "net.zip") as archive:
            members = [(name, archive.read(name)) for name in sorted(archive.namelist())]
        (folder / "tiny" / "net.zip").write_bytes(write_archive(members))
        for left in ("mine.keras", "net.zip"):
            (folder / left).unlink()

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_segmenter(str(folder / "net.zip"))
