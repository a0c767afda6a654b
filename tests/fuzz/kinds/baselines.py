"""Baselines of the gate."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.gate.policy import GatePolicy
from tests.fuzz.kind import KINDS, Files, Kind
from tests.fuzz.kinds._stored import bind, small_run, write_run


@KINDS.register
class Baselines(Kind):
    """Gate of a valid run against it, on all criteria, with and without interim looks."""

    name = "baselines"
    share = 600

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        write_run(folder / "small")

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        GatePolicy.from_options([folder], ["precision=0.1"], sequential=True).compare(small_run())
        return GatePolicy.from_options([folder], ["recall", "cells", "break_point"]).compare(small_run())

    def mend(self, files: Files) -> None:
        """See `Kind.mend`."""
        bind(files)
