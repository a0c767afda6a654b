"""The record cache: one SQLite file, keyed by content; damage is quarantined."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import CacheError
from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.record_cache import RecordCache
from tests.support.cache_records import ALL, FRAMES, KEY, METRICS, make_record


@pytest.fixture
def cache(tmp_path: Path) -> RecordCache:
    return RecordCache(tmp_path / "folder" / "records.sqlite")


def test_what_is_stored_is_found_and_nothing_else(cache: RecordCache) -> None:
    cache.put(KEY, FRAMES, [make_record("a", 0, 0.1 + 0.2), make_record("b", 3)])
    cached = cache.get(KEY, ALL)
    assert set(cached) == {("a", 0), ("b", 3)}
    assert cached["a", 0]["jaccard"] == 0.1 + 0.2  # to the last bit
    assert cached["a", 0]["precision"] != cached["a", 0]["precision"]
    assert set(RecordCache(cache.path).get(KEY, ALL)) == set(cached)


@pytest.mark.parametrize(
    "other",
    [
        CacheKey("another", "noise", 1, 50.0, 0, METRICS),
        CacheKey("digest", "illumination", 1, 50.0, 0, METRICS),
        CacheKey("digest", "noise", 2, 50.0, 0, METRICS),
        CacheKey("digest", "noise", 1, 50.5, 0, METRICS),
        CacheKey("digest", "noise", 1, 50.0, 1, METRICS),
        CacheKey("digest", "noise", 1, 50.0, 0, {**METRICS, "precision": 2}),
        CacheKey("digest", "noise", 1, 50.0, 0, {**METRICS, "recall": 1}),
    ],
    ids=["segmenter", "artefact", "version", "intensity", "seed", "metric version", "metrics"],
)
def test_each_part_of_the_key_matters(cache: RecordCache, other: CacheKey) -> None:
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    cache.put(other, FRAMES, [make_record("b", 0)])
    assert set(cache.get(other, ALL)) == {("b", 0)}


@pytest.mark.parametrize("change", [{"dataset": "kind/train"}, {"frame": "z"}, {"digest": "other pixels"}])
def test_each_part_of_a_frame_key_matters(cache: RecordCache, change: dict[str, str]) -> None:
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    assert cache.get(KEY, [FrameKey(**{**vars(FRAMES["a"]), **change})]) == {}


def test_an_existing_record_is_not_replaced(cache: RecordCache) -> None:
    cache.put(KEY, FRAMES, [make_record("a", 0, 0.25)])
    cache.put(KEY, FRAMES, [make_record("a", 0, 0.75), make_record("a", 1, 0.75)])
    assert {place: scores["jaccard"] for place, scores in cache.get(KEY, ALL).items()} == {
        ("a", 0): 0.25,
        ("a", 1): 0.75,
    }
    assert cache.contents()["records"].sum() == 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.floats(0, 1) | st.just(float("nan")))))
def test_any_records_round_trip(rows: list[tuple[str, int, float]]) -> None:
    expected: dict[tuple[str, int], float] = {}
    with TemporaryDirectory() as folder, closing(RecordCache(Path(folder, "records.sqlite"))) as cache:
        for frame, patch, score in rows:
            cache.put(KEY, FRAMES, [make_record(frame, patch, score)])
            expected.setdefault((frame, patch), score)
        found = {place: scores["jaccard"] for place, scores in cache.get(KEY, ALL).items()}
    assert found == pytest.approx(expected, nan_ok=True, abs=0)


def test_more_frames_than_one_statement_takes(cache: RecordCache) -> None:
    frames = {f"{number}": FrameKey("kind/test", f"{number}", f"{number}") for number in range(1201)}
    cache.put(KEY, frames, [make_record(name, 0) for name in frames])
    assert len(cache.get(KEY, list(frames.values()))) == 1201


def test_the_table_has_every_key_and_score(cache: RecordCache) -> None:
    cache.put(KEY, FRAMES, [make_record("a", 0, 0.5, 0.25)])
    (row,) = cache.table().to_dict("records")
    assert (row["segmenter"], row["digest"], row["dataset"], row["frame"]) == ("unet", "digest", "kind/test", "a")
    assert (row["artefact"], row["version"], row["intensity"], row["seed"], row["patch"]) == ("noise", 1, 50, 0, 0)
    assert (row["jaccard"], row["precision"]) == (0.5, 0.25)


def test_only_the_given_records_are_deleted(cache: RecordCache) -> None:
    other = CacheKey("another", "noise", 1, 50.0, 0, METRICS)
    cache.put(KEY, FRAMES, [make_record("a", 0), make_record("b", 0)])
    cache.put(other, FRAMES, [make_record("a", 0)])
    contents = cache.contents()
    assert cache.delete(contents[contents["digest"] == "digest"]) == 2
    assert cache.get(KEY, ALL) == {}
    assert set(cache.get(other, ALL)) == {("a", 0)}
    assert cache.contents()["digest"].tolist() == ["another"]


def test_a_failed_write_is_rolled_back(cache: RecordCache) -> None:
    with pytest.raises(KeyError):
        cache.put(KEY, FRAMES, [make_record("a", 0), make_record("not a frame", 0)])
    assert cache.get(KEY, ALL) == {}
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    assert len(cache.get(KEY, ALL)) == 1


def test_a_damaged_file_is_quarantined_and_a_new_one_created(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    for number in (1, 2):
        path.write_bytes(b"this is no database, but somebody's work " * 200)
        with pytest.raises(CacheError, match=rf"damaged .* moved to records\.sqlite\.damaged-{number}; the next"):
            RecordCache(path)
        assert (tmp_path / f"records.sqlite.damaged-{number}").read_bytes().startswith(b"this is no database")
        assert not path.exists()
    RecordCache(path).put(KEY, FRAMES, [make_record("a", 0)])


def test_a_file_that_never_was_a_record_cache_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("what I saw in the microscope " * 100)
    with pytest.raises(CacheError, match=r"notes\.txt: is not a record cache"):
        RecordCache(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", ["NULL", "'one'", "1.5"])
@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("segmenters", "digest"),
        ("conditions", "artefact, version, intensity, seed, metrics"),
        ("frames", "dataset, frame, digest"),
    ],
)
def test_an_index_that_gives_no_number_is_damage(cache: RecordCache, table: str, key: str, number: str) -> None:
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    cache.close()
    with sqlite3.connect(cache.path) as db:  # the pages of another table in place of the index
        db.execute(f"CREATE TABLE other ({key}, id, PRIMARY KEY ({key})) WITHOUT ROWID")
        db.execute(f"INSERT INTO other SELECT {key}, {number} FROM {table}")  # noqa: S608
        db.execute("PRAGMA writable_schema = ON")
        page = "(SELECT rootpage FROM sqlite_master WHERE name = 'other')"
        db.execute(f"UPDATE sqlite_master SET rootpage = {page} WHERE name = 'sqlite_autoindex_{table}_1'")  # noqa: S608
        db.execute("DELETE FROM sqlite_master WHERE name = 'other'")
    db.close()
    with pytest.raises(CacheError, match="the record cache is damaged"):
        RecordCache(cache.path).get(KEY, ALL)


def test_readers_do_not_wait_for_a_writer(cache: RecordCache) -> None:
    assert cache._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_damage_beyond_the_header_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    cache = RecordCache(path)
    frames = {f"{number}": FrameKey("kind/test", f"{number}", f"{number}") for number in range(500)}
    cache.put(KEY, frames, [make_record(name, 0) for name in frames])
    cache.close()
    content = bytearray(path.read_bytes())
    content[4096 * 3 :] = b"\xff" * (len(content) - 4096 * 3)
    path.write_bytes(content)
    with pytest.raises(CacheError, match="damaged"):
        RecordCache(path).get(KEY, list(frames.values()))
    assert (tmp_path / "records.sqlite.damaged-1").read_bytes() == bytes(content)


def test_a_file_of_another_version_or_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    RecordCache(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(CacheError, match="of version 99; this program reads version 1"):
        RecordCache(path)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE holiday_pictures (id)")
    before = other.read_bytes()
    with pytest.raises(CacheError, match="of another program"):
        RecordCache(other)
    assert other.read_bytes() == before


def test_a_path_that_cannot_be_written_to_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CacheError, match="cannot be created"):
        RecordCache(tmp_path / "file" / "records.sqlite")
    with pytest.raises(CacheError, match="is a folder, not a file"):
        RecordCache(tmp_path)
