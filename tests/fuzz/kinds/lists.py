"""CSV lists of frames."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._frames import read_all, write_each
from tests.support.frame_files import write_csv


@KINDS.register
class Lists(Kind):
    """A list and its files."""

    name = "lists"
    share = 900

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        write_each(write_csv, folder)

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return read_all(str(folder / "frames.csv"))
