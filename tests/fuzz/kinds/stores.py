"""Stores of records."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import Record
from tests.fuzz.kind import KINDS, Kind
from tests.support.commands import results as results_command

_METRICS = {"jaccard": 1, "precision": 1}
_KEY = CacheKey("digest", "noise", 1, 50.0, 0, _METRICS)
_FRAMES = {name: FrameKey("kind/test", name, f"pixels of {name}") for name in "abc"}


def _records(frames: str) -> list[Record]:
    scores = {"jaccard": 0.5, "precision": float("nan")}
    return [Record("unet", "noise", 50.0, frame, patch, scores) for frame in frames for patch in range(3)]


@KINDS.register
class Stores(Kind):
    """All that is done with a store: looked up, listed, added to, dropped from."""

    name = "stores"
    share = 800

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        store = RecordCache(folder / "two_frames" / "records.sqlite")
        store.put(_KEY, _FRAMES, _records("ab"))
        store.close()

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        store = RecordCache(folder / "records.sqlite")
        try:
            store.get(_KEY, list(_FRAMES.values()))
            store.table()
            contents = store.contents()
            for command in (["list"], ["prune", "--outdated", "--dry-run"], ["export", str(folder / "table.csv")]):
                results_command(["--store", str(store.path), *command])
            store.put(_KEY, _FRAMES, _records("bc"))
            return store.delete(contents)
        finally:
            store.close()
