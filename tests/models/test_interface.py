"""The interface that a card declares."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.models.card import read_card, write_card
from robustbench_cells.models.interface import Interface, interface_from_card


def test_every_key_sets_its_attribute(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_card(
        path,
        {
            "input": {"layout": "NCHW", "channels": 3.0, "range": [0, 1], "side": 128, "halo": 16},
            "output": {"name": "cells", "layout": "NHWC", "kind": "logits", "foreground": 1},
        },
    )
    assert interface_from_card(read_card(path)) == Interface(
        layout="NCHW", channels=3, range=(0.0, 1.0), side=128, halo=16,
        output="cells", output_layout="NHWC", kind="logits", foreground=1,
    )  # fmt: skip


def test_empty_card_declares_the_default() -> None:
    assert interface_from_card({}) == Interface()
