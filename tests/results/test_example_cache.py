"""Masks and times of example patches in the file of the record cache."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.example_cache import ExampleCache, mask_key
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import Record

KEY = CacheKey("digest", "noise", 1, 50.0, 0, {"jaccard": 1})
FRAME = FrameKey("synthetic/test", "000", "pixels")
MASK = np.random.default_rng(0).random((256, 256)) < 0.3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    RecordCache(tmp_path / "records.sqlite").close()
    return tmp_path / "records.sqlite"


def test_what_is_kept_is_found_by_the_next_process(path: Path) -> None:
    cache = ExampleCache(path)
    cache.put_predictions("digest", {"a": MASK, "b": ~MASK})
    cache.put_times("digest", "here", [1.5, 2.5])
    cache.close()
    cache = ExampleCache(path)
    found = cache.predictions({7: "b", 3: "a", 5: "none"})
    assert list(found) == [7, 3]
    np.testing.assert_array_equal(found[3], MASK)
    np.testing.assert_array_equal(found[7], ~MASK)
    assert cache.times("digest", "here") == [1.5, 2.5]
    assert cache.times("digest", "elsewhere") == []
    cache.close()


def test_labels_are_told_from_masks(path: Path) -> None:
    labels = np.where(MASK, np.arange(256, dtype=np.int32) * 1000, 0).astype(np.int32)
    cache = ExampleCache(path)
    cache.put_predictions("digest", {"a": labels, "b": MASK})
    found = cache.predictions({0: "a", 1: "b"})
    assert (found[0].dtype, found[1].dtype) == (np.int32, np.bool_)
    np.testing.assert_array_equal(found[0], labels)
    cache.close()


def test_key_depends_on_all_that_makes_a_mask() -> None:
    keys = {
        mask_key(key, frame, patch)
        for key, frame, patch in (
            (KEY, FRAME, 0),
            (KEY, FRAME, 1),
            (replace(KEY, digest="other"), FRAME, 0),
            (replace(KEY, artefact="blur"), FRAME, 0),
            (replace(KEY, version=2), FRAME, 0),
            (replace(KEY, intensity=51.0), FRAME, 0),
            (replace(KEY, seed=1), FRAME, 0),
            (KEY, replace(FRAME, dataset="other"), 0),
            (KEY, replace(FRAME, frame="001"), 0),
            (KEY, replace(FRAME, digest="other"), 0),
        )
    }
    assert len(keys) == 10
    assert mask_key(replace(KEY, metrics={}), FRAME, 0) in keys  # scores make no mask


@pytest.mark.parametrize(
    "content",
    [b"", b"text", zlib.compress(bytes(8191)), zlib.compress(b"\xff" * 2**18), zlib.compress(bytes(10**7)), "text", 5],
)
def test_damaged_mask_is_as_good_as_missing(content: object, path: Path) -> None:
    cache = ExampleCache(path)
    cache.put_predictions("digest", {"a": MASK})
    database = sqlite3.connect(path)
    database.execute("UPDATE example_masks SET mask = ?", (content,))
    database.commit()
    database.close()
    assert cache.predictions({0: "a"}) == {}
    cache.close()


@pytest.mark.parametrize("content", ["", "{", "5", '["x"]', "null"])
def test_damaged_times_are_as_good_as_missing(content: str, path: Path) -> None:
    cache = ExampleCache(path)
    cache.put_times("digest", "here", [1.0])
    database = sqlite3.connect(path)
    database.execute("UPDATE example_times SET milliseconds = ?", (content,))
    database.commit()
    database.close()
    assert cache.times("digest", "here") == []
    cache.close()


def test_file_of_another_program_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("text" * 1000)
    with pytest.raises(OSError, match=r"text\.sqlite: the record cache cannot be used for example patches"):
        ExampleCache(tmp_path / "text.sqlite")


def test_deleting_the_last_records_of_a_model_deletes_what_illustrates_them(path: Path) -> None:
    records = RecordCache(path)
    for name in ("digest", "other"):
        record = Record(name, "noise", 50.0, "000", 0, {"jaccard": 0.5})
        records.put(replace(KEY, digest=name), {"000": FRAME}, [record])
    cache = ExampleCache(path)
    for name in ("digest", "other"):
        cache.put_predictions(name, {name: MASK})
        cache.put_times(name, "here", [1.0])
    contents = records.contents()
    records.delete(contents[contents["digest"] == "digest"])
    assert list(cache.predictions({0: "digest", 1: "other"})) == [1]
    assert (cache.times("digest", "here"), cache.times("other", "here")) == ([], [1.0])
    cache.close()
    records.close()
