"""What is moved away, and what is not; see `test_record_cache` for the damage itself."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.results.quarantine import file_id, quarantine
from robustbench_cells.results.record_cache import RecordCache
from tests.support.cache_records import ALL, FRAMES, KEY, make_record


def test_a_file_that_another_process_replaced_is_not_quarantined(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    cache = RecordCache(path)
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    opened = file_id(path)
    path.rename(tmp_path / "aside.sqlite")  # as another process does
    RecordCache(path).put(KEY, FRAMES, [make_record("b", 0)])
    assert "another process quarantined it" in str(quarantine(path, opened, ValueError("half a record")))
    assert set(RecordCache(path).get(KEY, ALL)) == {("b", 0)}
