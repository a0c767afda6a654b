"""CSV lists of frames."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._frames import read_all, write_each
from tests.support.frame_files import csv_list


@KINDS.register
class Lists(Kind):
    """The list, and what it names."""

    name = "lists"
    share = 900

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        write_each(csv_list, folder)

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return read_all(str(folder / "frames.csv"))
