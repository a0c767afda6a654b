"""Stored gate results, for the next report."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.reporting.gate_summary import load_gate, save_gate
from robustbench_cells.reporting.gate_text import summarise_gate
from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._stored import small_run
from tests.support.gate_runs import compare


@KINDS.register
class Gates(Kind):
    """With and without a comparison."""

    name = "gates"
    share = 500

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        for name, decision in (("none", "no baseline"), ("holds", compare(small_run(), small_run(), {"jaccard": 0.1}))):
            (folder / name).mkdir()
            save_gate(summarise_gate(decision), folder / name)

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_gate(folder)
