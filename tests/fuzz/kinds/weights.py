"""Weights of the paper's U-Net."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.unet import build_unet
from tests.fuzz.kind import KINDS, Kind


@KINDS.register
class Weights(Kind):
    """Weights as ``save_weights`` writes them."""

    name = "weights"
    share = 60
    mebibytes = 3072
    batch = 60

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        (folder / "unet").mkdir()
        build_unet().save_weights(folder / "unet" / "net.weights.h5")

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_segmenter(str(folder / "net.weights.h5"))
