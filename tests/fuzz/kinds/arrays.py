"""Frames as NumPy arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._frames import DEEP, IMAGES, LABELS, read_all
from tests.support.frame_files import write_npz


@KINDS.register
class Arrays(Kind):
    """With and without names of frames, compressed or not."""

    name = "arrays"
    share = 1200
    mebibytes = 2048  # an array may have a GiB

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        write_npz(folder / "plain", IMAGES, LABELS)
        (folder / "named").mkdir()
        names = np.array(["first", "second"])
        np.savez(folder / "named" / "frames.npz", images=DEEP, labels=LABELS.astype(np.int64), frames=names)

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return read_all(str(folder / "frames.npz"))
