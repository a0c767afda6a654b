"""The store: one SQLite file, real processes."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import CacheError
from robustbench_cells.results import record_cache as store_module
from robustbench_cells.results.record_cache import CacheKey, FrameKey, RecordCache
from robustbench_cells.types import Record

METRICS = {"jaccard": 1, "precision": 1}
KEY = CacheKey("digest", "noise", 1, 50.0, 0, METRICS)
FRAMES = {name: FrameKey("kind/test", name, f"pixels of {name}") for name in "abc"}
ALL = list(FRAMES.values())


def record(frame: str, patch: int, jaccard: float = 0.5, precision: float = float("nan")) -> Record:
    return Record("unet", "noise", 50.0, frame, patch, {"jaccard": jaccard, "precision": precision})


@pytest.fixture
def store(tmp_path: Path) -> RecordCache:
    return RecordCache(tmp_path / "folder" / "records.sqlite")


def test_what_is_kept_is_known_and_nothing_else(store: RecordCache) -> None:
    store.put(KEY, FRAMES, [record("a", 0, 0.1 + 0.2), record("b", 3)])
    known = store.get(KEY, ALL)
    assert set(known) == {("a", 0), ("b", 3)}
    assert known["a", 0]["jaccard"] == 0.1 + 0.2  # every bit
    assert known["a", 0]["precision"] != known["a", 0]["precision"]
    assert set(RecordCache(store.path).get(KEY, ALL)) == set(known)


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
def test_each_part_of_the_key_counts(store: RecordCache, other: CacheKey) -> None:
    store.put(KEY, FRAMES, [record("a", 0)])
    store.put(other, FRAMES, [record("b", 0)])
    assert set(store.get(other, ALL)) == {("b", 0)}


@pytest.mark.parametrize("change", [{"dataset": "kind/train"}, {"frame": "z"}, {"digest": "other pixels"}])
def test_each_part_of_a_frame_counts(store: RecordCache, change: dict[str, str]) -> None:
    store.put(KEY, FRAMES, [record("a", 0)])
    assert store.get(KEY, [FrameKey(**{**vars(FRAMES["a"]), **change})]) == {}


def test_a_record_is_kept_once_and_stays_as_it_was(store: RecordCache) -> None:
    store.put(KEY, FRAMES, [record("a", 0, 0.25)])
    store.put(KEY, FRAMES, [record("a", 0, 0.75), record("a", 1, 0.75)])
    assert {place: scores["jaccard"] for place, scores in store.get(KEY, ALL).items()} == {
        ("a", 0): 0.25,
        ("a", 1): 0.75,
    }
    assert store.contents()["records"].sum() == 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.floats(0, 1) | st.just(float("nan")))))
def test_any_records_come_back(rows: list[tuple[str, int, float]]) -> None:
    store = RecordCache(Path(":memory:"))
    expected: dict[tuple[str, int], float] = {}
    for frame, patch, score in rows:
        store.put(KEY, FRAMES, [record(frame, patch, score)])
        expected.setdefault((frame, patch), score)
    found = {place: scores["jaccard"] for place, scores in store.get(KEY, ALL).items()}
    assert found == pytest.approx(expected, nan_ok=True, abs=0)


def test_many_frames_are_asked_for_in_portions(store: RecordCache) -> None:
    frames = {f"{number}": FrameKey("kind/test", f"{number}", f"{number}") for number in range(1201)}
    store.put(KEY, frames, [record(name, 0) for name in frames])
    assert len(store.get(KEY, list(frames.values()))) == 1201


def test_the_table_has_every_key_and_score(store: RecordCache) -> None:
    store.put(KEY, FRAMES, [record("a", 0, 0.5, 0.25)])
    (row,) = store.table().to_dict("records")
    assert (row["segmenter"], row["digest"], row["dataset"], row["frame"]) == ("unet", "digest", "kind/test", "a")
    assert (row["artefact"], row["version"], row["intensity"], row["seed"], row["patch"]) == ("noise", 1, 50, 0, 0)
    assert (row["jaccard"], row["precision"]) == (0.5, 0.25)


def test_what_is_dropped_is_gone_and_the_rest_is_not(store: RecordCache) -> None:
    other = CacheKey("another", "noise", 1, 50.0, 0, METRICS)
    store.put(KEY, FRAMES, [record("a", 0), record("b", 0)])
    store.put(other, FRAMES, [record("a", 0)])
    contents = store.contents()
    assert store.delete(contents[contents["digest"] == "digest"]) == 2
    assert store.get(KEY, ALL) == {}
    assert set(store.get(other, ALL)) == {("a", 0)}
    assert store.contents()["digest"].tolist() == ["another"]


def test_a_failed_write_leaves_none_of_it(store: RecordCache) -> None:
    with pytest.raises(KeyError):
        store.put(KEY, FRAMES, [record("a", 0), record("not a frame", 0)])
    assert store.get(KEY, ALL) == {}
    store.put(KEY, FRAMES, [record("a", 0)])
    assert len(store.get(KEY, ALL)) == 1


def test_a_damaged_file_is_set_aside_whole_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    for number in (1, 2):
        path.write_bytes(b"this is no database, but somebody's work " * 200)
        with pytest.raises(CacheError, match=rf"damaged .*; it is now records\.sqlite\.damaged-{number}, and the next"):
            RecordCache(path)
        assert (tmp_path / f"records.sqlite.damaged-{number}").read_bytes().startswith(b"this is no database")
        assert not path.exists()
    RecordCache(path).put(KEY, FRAMES, [record("a", 0)])


def test_who_finds_damage_late_leaves_the_new_store_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    store = RecordCache(path)
    store.put(KEY, FRAMES, [record("a", 0)])
    path.rename(tmp_path / "aside.sqlite")  # by another process
    RecordCache(path).put(KEY, FRAMES, [record("b", 0)])
    assert "has been set aside meanwhile" in str(store._damaged(ValueError("half a record")))
    assert set(RecordCache(path).get(KEY, ALL)) == {("b", 0)}


def test_a_file_that_was_never_a_store_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("what I saw in the microscope " * 100)
    with pytest.raises(CacheError, match=r"notes\.txt: is no store of records"):
        RecordCache(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("scores", ["5", '{"jaccard": "high"}', "{", "[0.5]"])
def test_a_record_that_is_none_is_damage(store: RecordCache, scores: str) -> None:
    store.put(KEY, FRAMES, [record("a", 0)])
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE records SET scores = ?", (scores,))
    with pytest.raises(CacheError, match="the store is damaged"):
        store.get(KEY, ALL)


@pytest.mark.parametrize("number", [None, "one", 1.5])
@pytest.mark.parametrize("table", ["segmenters", "conditions", "frames"])
def test_a_row_without_its_number_is_damage(store: RecordCache, table: str, number: object) -> None:
    store.put(KEY, FRAMES, [record("a", 0)])
    with sqlite3.connect(store.path) as db:
        db.execute(f"CREATE TABLE other AS SELECT * FROM {table}")  # noqa: S608 - without types
        db.execute(f"DROP TABLE {table}")
        db.execute(f"ALTER TABLE other RENAME TO {table}")
        db.execute(f"UPDATE {table} SET id = ?", (number,))  # noqa: S608
    with pytest.raises(CacheError, match=r"the store is damaged .* in place of the number of a row of"):
        store.get(KEY, ALL)


def test_readers_and_a_writer_do_not_wait_for_one_another(store: RecordCache) -> None:
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_damage_further_in_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    store = RecordCache(path)
    frames = {f"{number}": FrameKey("kind/test", f"{number}", f"{number}") for number in range(500)}
    store.put(KEY, frames, [record(name, 0) for name in frames])
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 3 :] = b"\xff" * (len(content) - 4096 * 3)
    path.write_bytes(content)
    with pytest.raises(CacheError, match="damaged"):
        RecordCache(path).get(KEY, list(frames.values()))
    assert (tmp_path / "records.sqlite.damaged-1").read_bytes() == bytes(content)


def test_a_store_of_another_version_or_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    RecordCache(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(CacheError, match="of version 99, this program reads 1"):
        RecordCache(path)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE holiday_pictures (id)")
    before = other.read_bytes()
    with pytest.raises(CacheError, match="of another program"):
        RecordCache(other)
    assert other.read_bytes() == before


def test_a_place_that_cannot_be_written_to_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CacheError, match="cannot be made"):
        RecordCache(tmp_path / "file" / "records.sqlite")
    with pytest.raises(CacheError, match=r"cannot be used .*give it another place"):
        RecordCache(tmp_path)


_FILL = """
import resource, sys
from pathlib import Path
from robustbench_cells.errors import CacheError
from robustbench_cells.results.record_cache import RecordCache
from tests.results.test_record_cache import FRAMES, KEY, record
store = RecordCache(Path(sys.argv[1]))
store.put(KEY, FRAMES, [record("a", 0)])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    for patch in range(1, 100_000, 100):
        store.put(KEY, FRAMES, [record("b", number) for number in range(patch, patch + 100)])
except CacheError as error:
    print(error)
"""


def test_a_disk_that_is_full_is_said_in_words_and_costs_nothing_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    done = subprocess.run([sys.executable, "-c", _FILL, str(path)], capture_output=True, text=True, check=True)
    assert "the store cannot be used" in done.stdout, done.stdout + done.stderr
    known = RecordCache(path).get(KEY, ALL)
    assert ("a", 0) in known
    assert (len(known) - 1) % 100 == 0  # whole transactions


_WRITE = """
import sys
from pathlib import Path
from robustbench_cells.results.record_cache import RecordCache
from tests.results.test_record_cache import FRAMES, KEY, record
print("ready", flush=True)
sys.stdin.readline()
store = RecordCache(Path(sys.argv[1]))
for patch in range(int(sys.argv[2]), int(sys.argv[3])):
    store.put(KEY, FRAMES, [record(frame, patch, patch / 1000) for frame in FRAMES])
    print(patch, flush=True)
"""


def writer(path: Path, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITE, str(path), str(first), str(last)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def start(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_several_processes_write_at_once_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"  # made by whichever comes first
    ranges = [(0, 60), (40, 100), (100, 150), (0, 150)]
    processes = [writer(path, *ends) for ends in ranges]
    for process in processes:
        start(process)
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    known = RecordCache(path).get(KEY, ALL)
    assert {place: scores["jaccard"] for place, scores in known.items()} == {
        (frame, patch): patch / 1000 for frame in FRAMES for patch in range(150)
    }


def test_a_store_that_another_process_begins_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waited: list[float] = []

    def the_other_ends(seconds: float) -> None:
        waited.append(seconds)
        if other.in_transaction:
            other.execute("COMMIT")

    monkeypatch.setattr(store_module.time, "sleep", the_other_ends)
    RecordCache(path).put(KEY, FRAMES, [record("a", 0)])
    assert waited
    other.close()


def test_a_killed_writer_leaves_whole_transactions(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    process = writer(path, 0, 100_000)
    start(process)
    assert process.stdout is not None
    written = [int(process.stdout.readline()) for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    known = RecordCache(path).get(KEY, ALL)
    patches = {patch for _, patch in known}
    assert set(written) <= patches
    assert known.keys() == {(frame, patch) for frame in FRAMES for patch in patches}


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("records", "scores", '{"a": ' + "[" * 5000),
        ("records", "scores", '{"a": ' + "9" * 400 + "}"),
        ("conditions", "metrics", "{"),
        ("conditions", "metrics", "[]"),
        ("conditions", "seed", "no number"),
        ("segmenters", "name", b"bytes"),
    ],
)
def test_what_no_record_holds_is_damage(store: RecordCache, table: str, column: str, value: object) -> None:
    store.put(KEY, FRAMES, [record("a", 0)])
    store.close()
    database = sqlite3.connect(store.path)
    database.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608
    database.commit()
    database.close()
    hostile = RecordCache(store.path)
    with pytest.raises(CacheError, match=r"the store is damaged .*the next run begins a new one"):
        hostile.table()
    hostile.close()
