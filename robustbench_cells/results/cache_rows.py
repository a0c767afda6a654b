"""Rows of the record cache: their SQL schema, their encoding, and the validation of what is read.

SQLite stores any value in any column, so a file may hold what was never written.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from robustbench_cells.types import ScoreRange

VERSION = 1
MAX_VALUE = 2**20  # bytes of a value or a row
APPLICATION_ID = 0x52424331  # "RBC1" in the file's header: distinguishes a record cache from other SQLite files

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
CREATE TABLE segmenters (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE frames (
    id INTEGER PRIMARY KEY, dataset TEXT NOT NULL, frame TEXT NOT NULL, digest TEXT NOT NULL,
    UNIQUE (dataset, frame, digest)
);
CREATE TABLE conditions (
    id INTEGER PRIMARY KEY, artefact TEXT NOT NULL, version INTEGER NOT NULL, intensity REAL NOT NULL,
    seed INTEGER NOT NULL, metrics TEXT NOT NULL, UNIQUE (artefact, version, intensity, seed, metrics)
);
CREATE TABLE records (
    segmenter INTEGER NOT NULL REFERENCES segmenters, condition INTEGER NOT NULL REFERENCES conditions,
    frame INTEGER NOT NULL REFERENCES frames, patch INTEGER NOT NULL, scores TEXT NOT NULL,
    PRIMARY KEY (segmenter, condition, frame, patch)
) WITHOUT ROWID;
"""
EXAMPLE_TABLES = (  # what illustrates the records; a file of an earlier version has none
    "CREATE TABLE IF NOT EXISTS example_masks (key TEXT PRIMARY KEY, digest TEXT NOT NULL, mask BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS example_times "
    "(digest TEXT NOT NULL, machine TEXT NOT NULL, milliseconds TEXT NOT NULL, PRIMARY KEY (digest, machine))",
)
_FINITE = ScoreRange()
_INTEGERS = ("segmenter_id", "condition_id", "frame_id", "version", "seed", "patch", "records")
COLUMN_TYPES: dict[str, type] = {**dict.fromkeys(_INTEGERS, int), "intensity": float}  # of all others: str
_LONGEST = {"scores": MAX_VALUE, "metrics": MAX_VALUE}  # characters
_LONGEST_NAME = 100_000  # of all others; as texts in run.json


def validate_row(row: Mapping[str, object]) -> None:
    """Raise a `ValueError` if a column holds a value that is never written."""
    for column, value in row.items():
        if not isinstance(value, COLUMN_TYPES.get(column, str)):
            raise ValueError(f"{str(value)[:40]!r} in place of {column}")
        if isinstance(value, str) and len(value) > _LONGEST.get(column, _LONGEST_NAME):
            raise ValueError(f"{column} {value[:40]!r}… of {len(value)} characters")
    if "metrics" in row and not isinstance(_parse_json(str(row["metrics"])), dict):
        raise ValueError(f"{str(row['metrics'])[:40]!r} in place of metrics")


def encode_scores(scores: Mapping[str, float]) -> str:
    """Scores as JSON, NaN as null."""
    return json.dumps({name: None if math.isnan(value) else value for name, value in scores.items()})


def decode_scores(text: str, ranges: Mapping[str, ScoreRange] = MappingProxyType({})) -> dict[str, float]:
    """Read what `encode_scores` wrote.

    Parameters
    ----------
    text
        JSON of one record's scores.
    ranges
        What each metric can be, by its name; the scores of other metrics are finite, no more.

    Raises
    ------
    ValueError
        If the text holds anything else.
    """
    scores = _parse_json(text)
    if not isinstance(scores, dict) or not all(
        value is None or type(value) in (int, float) for value in scores.values()
    ):
        raise ValueError(f"{text[:40]!r} in place of scores")
    try:
        decoded = {name: math.nan if value is None else float(value) for name, value in scores.items()}
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} in place of scores") from error
    for name, value in decoded.items():
        if not (allowed := ranges.get(name, _FINITE)).allows(value):
            raise ValueError(f"{name} {value:g}: its values are {allowed}")
    return decoded


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (RecursionError, TypeError) as error:  # nested too deeply; not a text
        raise ValueError(f"{str(text)[:40]!r} is not JSON") from error
