"""Everything that a record cache holds, as tables.

The tables of the file are read one by one and joined here. SQLite would repeat each text in every row that it joins and
sorts: a file of 2 MB, with a name of 1 MB and 100,000 records, would fill the disk.
"""

from __future__ import annotations

import sqlite3

import pandas as pd

from robustbench_cells.results.cache_rows import COLUMN_TYPES, validate_row

_SEGMENTERS = "SELECT id AS segmenter_id, name AS segmenter, digest FROM segmenters"
_CONDITIONS = "SELECT id AS condition_id, artefact, version, intensity, seed, metrics FROM conditions"
_FRAMES = "SELECT id AS frame_id, dataset, frame, digest AS frame_digest FROM frames"
_COUNTS = (  # in the order of the records' key, so that SQLite sorts nothing
    "SELECT segmenter AS segmenter_id, condition AS condition_id, frame AS frame_id, count(*) AS records FROM records "
    "GROUP BY segmenter, condition, frame"
)
_RECORDS = "SELECT segmenter AS segmenter_id, condition AS condition_id, frame AS frame_id, patch, scores FROM records"
_CONDITION = ["artefact", "version", "intensity", "seed"]
_CONTENTS = ["dataset", "segmenter", "digest", *_CONDITION, "metrics"]
_TABLE = ["dataset", "frame", "frame_digest", "segmenter", "digest", *_CONDITION, "patch", "metrics", "scores"]
_ORDER = ["dataset", "segmenter", "digest", *_CONDITION, "frame", "patch"]


def require_whole(db: sqlite3.Connection) -> None:
    """Raise a `ValueError` if pages of the file are damaged: some could lead back to others, and be read for ever."""
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise ValueError(" ".join(found.split()))


def count_records(db: sqlite3.Connection) -> pd.DataFrame:
    """Count the records: one row per data set, segmenter and condition.

    Raises
    ------
    ValueError
        If the file holds what is never written.
    """
    require_whole(db)
    counts = _read(db, _COUNTS).merge(_read(db, _FRAMES), on="frame_id", validate="m:1")
    groups = counts.groupby(["dataset", "segmenter_id", "condition_id"], sort=False)
    rows = groups.agg(frames=("records", "size"), records=("records", "sum")).reset_index()
    return _with_keys(db, rows, [*_CONTENTS, "frames", "records"], _CONTENTS)


def read_records(db: sqlite3.Connection) -> pd.DataFrame:
    """Read every record with its whole key; its scores as they are stored.

    Raises
    ------
    ValueError
        As `count_records`.
    """
    require_whole(db)
    rows = _read(db, _RECORDS).merge(_read(db, _FRAMES), on="frame_id", validate="m:1")
    return _with_keys(db, rows, _TABLE, _ORDER)


def _with_keys(db: sqlite3.Connection, rows: pd.DataFrame, columns: list[str], order: list[str]) -> pd.DataFrame:
    rows = rows.merge(_read(db, _SEGMENTERS), on="segmenter_id", validate="m:1")
    rows = rows.merge(_read(db, _CONDITIONS), on="condition_id", validate="m:1")
    return rows[columns].sort_values(order, ignore_index=True)


def _read(db: sqlite3.Connection, query: str) -> pd.DataFrame:
    answer = db.execute(query)
    columns = [column[0] for column in answer.description]
    rows = answer.fetchall()
    for row in rows:
        validate_row(dict(zip(columns, row, strict=True)))
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    kinds = (COLUMN_TYPES.get(column, object) for column in columns)  # as objects, equal texts are one
    return pd.DataFrame(
        {column: pd.Series(part, dtype=kind) for column, part, kind in zip(columns, values, kinds, strict=True)}
    )
