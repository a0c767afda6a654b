"""Rows of the record cache: any value that SQLite accepts but no record has is damage."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import CacheError
from robustbench_cells.results.cache_rows import decode_scores, encode_scores
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import ScoreRange
from tests.support.cache_records import ALL, FRAMES, KEY, make_record


@given(st.dictionaries(st.text(max_size=5), st.floats(allow_infinity=False), max_size=3))
def test_scores_round_trip(scores: dict[str, float]) -> None:
    decoded = decode_scores(encode_scores(scores))
    assert decoded.keys() == scores.keys()
    assert all(decoded[name] == value or (isnan(decoded[name]) and isnan(value)) for name, value in scores.items())


@pytest.mark.parametrize(
    "scores",
    ["5", '{"jaccard": "high"}', "{", "[0.5]", '{"jaccard": true}', '{"jaccard": Infinity}', '{"jaccard": NaN}',
     '{"jaccard": 1e999}'],
)  # fmt: skip
def test_invalid_scores_are_damage(tmp_path: Path, scores: str) -> None:
    cache = RecordCache(tmp_path / "records.sqlite")
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    with sqlite3.connect(cache.path) as db:
        db.execute("UPDATE records SET scores = ?", (scores,))
    with pytest.raises(CacheError, match="the record cache is damaged"):
        cache.get(KEY, ALL)


@pytest.mark.parametrize("score", ["7.0", "-0.1"])
def test_a_score_that_its_metric_cannot_have_is_damage(tmp_path: Path, score: str) -> None:
    ranges = {"jaccard": ScoreRange(0, 1)}
    cache = RecordCache(tmp_path / "records.sqlite")
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    assert cache.get(replace(KEY, ranges=ranges), ALL).keys() == {("a", 0)}
    with sqlite3.connect(cache.path) as db:
        db.execute("UPDATE records SET scores = ?", (f'{{"jaccard": {score}, "precision": null}}',))
    with pytest.raises(CacheError, match=rf"damaged \(jaccard {float(score):g}: its values are finite numbers from 0"):
        cache.get(replace(KEY, ranges=ranges), ALL)


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
def test_a_value_that_is_never_written_is_damage(tmp_path: Path, table: str, column: str, value: object) -> None:
    cache = RecordCache(tmp_path / "records.sqlite")
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    cache.close()
    database = sqlite3.connect(cache.path)
    database.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608
    database.commit()
    database.close()
    damaged = RecordCache(cache.path)
    with pytest.raises(CacheError, match=r"the record cache is damaged .*the next run creates a new one"):
        damaged.table()
    damaged.close()
