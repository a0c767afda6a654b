"""Stored results."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.results.storage import load
from tests.fuzz.kind import KINDS, Files, Kind
from tests.fuzz.kinds._stored import bind, write_run


@KINDS.register
class StoredResults(Kind):
    """Loaded and summarised, as for every report."""

    name = "results"
    share = 900

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        write_run(folder / "small")

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        found = load(folder)
        return (
            found.summary,
            found.fingerprint,
            found.single_artefacts,
            found.frame_order.count_blocks(found.run.settings.block),
            found.run.settings.margin,
        )

    def mend(self, files: Files) -> None:
        """See `Kind.mend`."""
        bind(files)
