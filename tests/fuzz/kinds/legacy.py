"""Whole models in HDF5."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from tests.fuzz.kind import KINDS, Kind
from tests.support.networks import save_tiny_network


@KINDS.register
class Legacy(Kind):
    """A tiny network whose card enables the format."""

    name = "legacy"
    share = 140
    mebibytes = 3072
    batch = 150

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        (folder / "tiny").mkdir()
        save_tiny_network(folder / "tiny" / "net.h5", seed=1)
        write_card(folder / "tiny" / "net.toml", {"file": {"legacy_h5": True}})

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_segmenter(str(folder / "net.h5"))
