"""Keys and records for tests of the record cache."""

from __future__ import annotations

from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.types import Record

METRICS = {"jaccard": 1, "precision": 1}
KEY = CacheKey("digest", "noise", 1, 50.0, 0, METRICS)
FRAMES = {name: FrameKey("kind/test", name, f"pixels of {name}") for name in "abc"}
ALL = list(FRAMES.values())


def make_record(frame: str, patch: int, jaccard: float = 0.5, precision: float = float("nan")) -> Record:
    return Record("unet", "noise", 50.0, frame, patch, {"jaccard": jaccard, "precision": precision})
