"""Listings of a record cache: as SQLite would join them, in memory and time by the size of the file."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from robustbench_cells.errors import CacheError
from robustbench_cells.results import cache_listing
from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.record_cache import RecordCache
from tests.support.cache_records import FRAMES, KEY, METRICS, make_record

_JOINED = (
    "FROM records JOIN segmenters ON segmenters.id = segmenter JOIN conditions ON conditions.id = condition "
    "JOIN frames ON frames.id = records.frame "
)
_KEY = "dataset, segmenters.name, segmenters.digest, artefact, version, intensity, seed, "
COUNTS = (  # the reference: SQLite's own joins and order
    f"SELECT {_KEY} metrics, count(DISTINCT frames.id), count(*) {_JOINED} "
    f"GROUP BY dataset, segmenters.id, conditions.id ORDER BY {_KEY} metrics"
)
RECORDS = (
    "SELECT dataset, frames.frame, frames.digest, segmenters.name, segmenters.digest, artefact, version, intensity, "
    f"seed, patch, json_extract(scores, '$.jaccard') {_JOINED} ORDER BY {_KEY} frames.frame, patch"
)


def test_listings_are_those_of_sqlite(tmp_path: Path) -> None:
    cache = RecordCache(tmp_path / "records.sqlite")
    other = {name: FrameKey("kind/Ä", name, f"other pixels of {name}") for name in "ba"}
    for seed, (digest, frames) in enumerate([("digest", FRAMES), ("Digest", other), ("digest", other)]):
        for intensity in (50.0, -1.5):
            key = CacheKey(digest, "noise", 1, intensity, seed % 2, METRICS)
            cache.put(key, frames, [make_record(name, patch, patch / 7) for name in frames for patch in (3, 0)])
    contents, table = cache.contents(), cache.table()
    with closing(sqlite3.connect(cache.path)) as db:
        assert list(contents.itertuples(index=False, name=None)) == db.execute(COUNTS).fetchall()
        columns = [*list(table)[:10], "jaccard"]
        assert list(table[columns].itertuples(index=False, name=None)) == db.execute(RECORDS).fetchall()
    cache.close()


def test_empty_cache_has_empty_listings(tmp_path: Path) -> None:
    cache = RecordCache(tmp_path / "records.sqlite")
    assert cache.contents().empty
    assert cache.table().empty
    cache.close()


def crowded(path: Path, length: int) -> Path:
    """A file with many small records of a data set with a name that long."""
    frame = FrameKey("n" * length, "a", "pixels")
    cache = RecordCache(path)
    cache.put(KEY, {"a": frame}, [make_record("a", patch) for patch in range(2000)])
    cache.close()
    return path


def test_a_long_name_is_held_once_however_many_records_have_it(tmp_path: Path) -> None:
    cache = RecordCache(crowded(tmp_path / "records.sqlite", 100_000))
    for read in (RecordCache.contents, RecordCache.table):
        tracemalloc.start()
        try:
            assert set(read(cache)["dataset"].str.len()) == {100_000}
            assert tracemalloc.get_traced_memory()[1] < 20 * 2**20  # ten times as much if it were repeated
        finally:
            tracemalloc.stop()


def test_a_name_longer_than_any_of_ours_is_damage(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match=r"damaged \(dataset 'n{40}'… of 100001 characters"):
        RecordCache(crowded(tmp_path / "records.sqlite", 100_001)).contents()


@pytest.mark.parametrize("query", ["_SEGMENTERS", "_CONDITIONS", "_FRAMES", "_COUNTS", "_RECORDS"])
def test_sqlite_sorts_and_joins_nothing(tmp_path: Path, query: str) -> None:
    cache = RecordCache(tmp_path / "records.sqlite")
    with closing(sqlite3.connect(cache.path)) as db:
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {getattr(cache_listing, query)}")]
    assert len(plan) == 1, plan
    assert plan[0].startswith("SCAN "), plan
    cache.close()
