"""Record caches."""

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
class Caches(Kind):
    """Every operation on a cache: get, list, put, delete."""

    name = "caches"
    share = 800

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        cache = RecordCache(folder / "two_frames" / "records.sqlite")
        cache.put(_KEY, _FRAMES, _records("ab"))
        cache.close()

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        cache = RecordCache(folder / "records.sqlite")
        try:
            cache.get(_KEY, list(_FRAMES.values()))
            cache.table()
            contents = cache.contents()
            for command in (["list"], ["prune", "--outdated", "--dry-run"], ["export", str(folder / "table.csv")]):
                results_command(["--store", str(cache.path), *command])
            cache.put(_KEY, _FRAMES, _records("bc"))
            return cache.delete(contents)
        finally:
            cache.close()
