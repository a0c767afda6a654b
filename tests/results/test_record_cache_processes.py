"""The record cache under several processes, a full disk and a kill."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from robustbench_cells.results import record_cache
from robustbench_cells.results.record_cache import RecordCache
from tests.support.cache_records import ALL, FRAMES, KEY, make_record

_FILL = """
import resource, sys
from pathlib import Path
from robustbench_cells.errors import CacheError
from robustbench_cells.results.record_cache import RecordCache
from tests.support.cache_records import FRAMES, KEY, make_record
cache = RecordCache(Path(sys.argv[1]))
cache.put(KEY, FRAMES, [make_record("a", 0)])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    for patch in range(1, 100_000, 100):
        cache.put(KEY, FRAMES, [make_record("b", number) for number in range(patch, patch + 100)])
except CacheError as error:
    print(error)
"""


def test_a_full_disk_is_reported_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    done = subprocess.run([sys.executable, "-c", _FILL, str(path)], capture_output=True, text=True, check=True)
    assert "the record cache cannot be used" in done.stdout, done.stdout + done.stderr
    cached = RecordCache(path).get(KEY, ALL)
    assert ("a", 0) in cached
    assert (len(cached) - 1) % 100 == 0  # complete transactions


_WRITE = """
import sys
from pathlib import Path
from robustbench_cells.results.record_cache import RecordCache
from tests.support.cache_records import FRAMES, KEY, make_record
print("ready", flush=True)
sys.stdin.readline()
cache = RecordCache(Path(sys.argv[1]))
for patch in range(int(sys.argv[2]), int(sys.argv[3])):
    cache.put(KEY, FRAMES, [make_record(frame, patch, patch / 1000) for frame in FRAMES])
    print(patch, flush=True)
"""


def start_writer(path: Path, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITE, str(path), str(first), str(last)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def release(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_several_processes_write_concurrently_without_loss_or_duplicates(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"  # created by whichever comes first
    ranges = [(0, 60), (40, 100), (100, 150), (0, 150)]
    processes = [start_writer(path, *ends) for ends in ranges]
    for process in processes:
        release(process)
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    cached = RecordCache(path).get(KEY, ALL)
    assert {place: scores["jaccard"] for place, scores in cached.items()} == {
        (frame, patch): patch / 1000 for frame in FRAMES for patch in range(150)
    }


def test_another_process_that_creates_the_file_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waited: list[float] = []

    def commit_other(seconds: float) -> None:
        waited.append(seconds)
        if other.in_transaction:
            other.execute("COMMIT")

    monkeypatch.setattr(record_cache.time, "sleep", commit_other)
    RecordCache(path).put(KEY, FRAMES, [make_record("a", 0)])
    assert waited
    other.close()


def test_a_killed_writer_leaves_complete_transactions(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    process = start_writer(path, 0, 100_000)
    release(process)
    assert process.stdout is not None
    written = [int(process.stdout.readline()) for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    cached = RecordCache(path).get(KEY, ALL)
    patches = {patch for _, patch in cached}
    assert set(written) <= patches
    assert cached.keys() == {(frame, patch) for frame in FRAMES for patch in patches}
