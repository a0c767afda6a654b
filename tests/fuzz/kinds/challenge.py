"""The Cell Tracking Challenge's layout."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._frames import read_all, write_each
from tests.support.frame_files import write_challenge


@KINDS.register
class Challenge(Kind):
    """A sequence with silver truth."""

    name = "challenge"
    share = 600

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        write_each(write_challenge, folder)

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return read_all(str(folder))
