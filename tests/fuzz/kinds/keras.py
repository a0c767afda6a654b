"""Models saved by Keras 3."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from robustbench_cells.models.loading import load_segmenter
from tests.fuzz.damage.archives import write_archive
from tests.fuzz.kind import KINDS, Kind
from tests.support.networks import save_tiny_network


@KINDS.register
class Keras(Kind):
    """A tiny network, which predicts probe images if it loads."""

    name = "keras"
    share = 300
    mebibytes = 3072  # weights and a layer's output may have 2 GiB
    batch = 200

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        (folder / "tiny").mkdir()
        path = save_tiny_network(folder / "tiny" / "net.keras", seed=1)
        path.write_bytes(_without_dates(path.read_bytes()))

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_segmenter(str(folder / "net.keras"))


def _without_dates(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = json.dumps(json.loads(members["metadata.json"]) | {"date_saved": ""}).encode()
    return write_archive(list(members.items()))
