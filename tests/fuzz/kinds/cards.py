"""Model cards."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.models.card import model_digest, read_card, write_card
from robustbench_cells.models.loading import shipped_models
from tests.fuzz.kind import KINDS, Kind

_ALL = {
    "input": {"layout": "NCHW", "channels": 3, "normalise": "min-max", "range": [0.0, 1.0], "side": 128, "halo": 16},
    "output": {"name": "cells", "layout": "NHWC", "kind": "logits", "foreground": 1},
    "file": {"legacy_h5": True},
}


@KINDS.register
class Cards(Kind):
    """A shipped card, and one with every declaration."""

    name = "cards"
    share = 800

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        for name, card in (
            ("shipped", read_card(shipped_models()["unet_original"].with_suffix(".toml"))),
            ("declares", _ALL),
        ):
            write_card(folder / name / "net.toml", {key: card[key] for key in card if key != "sha256"})
            (folder / name / "net.onnx").write_bytes(b"a model")

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        if (folder / "net.onnx").exists():
            model_digest(folder / "net.onnx")
        return read_card(folder / "net.toml")
