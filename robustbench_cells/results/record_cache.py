"""Every record that was ever made, in one SQLite file, each under what it was made from.

A record's key is its content: the segmenter's digest, the frame's (its pixels, its labels and the name that seeds its
random numbers), the artefact with its version, the intensity, the seed, the patch, and the versions of the metrics.
Whatever asks for the same thing again finds it, whoever made it, and what was asked for once is never made twice.
"""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from robustbench_cells.errors import CacheError
from robustbench_cells.types import Record

VERSION = 1
_APPLICATION = 0x52424331  # "RBC1" in the file's header: no other program's file is taken for a store
_WAIT = 120.0  # seconds that one process waits for another's transaction
_PAUSE = 0.01  # seconds between two tries where SQLite itself does not wait
_PARAMETERS = 500  # of one statement; SQLite takes at least 999

_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION};
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
_JOINED = """
JOIN segmenters ON segmenters.id = records.segmenter
JOIN conditions ON conditions.id = records.condition
JOIN frames ON frames.id = records.frame
"""
_CORRUPT, _NO_DATABASE = 11, 26  # of SQLite's result codes
_COLUMNS = {"version": int, "seed": int, "patch": int, "frames": int, "records": int, "intensity": float}  # others: str
_ENDINGS = (".sqlite", ".db")
_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True)
class CacheKey:
    """What the records of one segmenter under one condition have in common.

    Attributes
    ----------
    digest
        The segmenter's.
    artefact, version, intensity
        The condition; ``clean`` has version 0.
    seed
        Of the run.
    metrics
        The version of each metric, by name.
    """

    digest: str
    artefact: str
    version: int
    intensity: float
    seed: int
    metrics: Mapping[str, int]


@dataclass(frozen=True)
class FrameKey:
    """A frame by what was read: its data set's key, its name, and a digest of its pixels and labels."""

    dataset: str
    frame: str
    digest: str


class RecordCache:
    """The file of records. Several processes may have it open and write to it.

    Parameters
    ----------
    path
        Of the file; it is made, with its folders, if it is not there. What SQLite lays beside it (``-wal``, ``-shm``)
        belongs to it while it is open.

    Raises
    ------
    StoreError
        If the file cannot be opened or written to, is of another program or version, or is damaged. A damaged file is
        set aside first, under a new name: nothing is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CacheError(f"{path.parent}: cannot be made ({error}); give the store another place") from error
        self._file: tuple[int, int] | None = None
        with self._translate_errors():
            self._db = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
            try:
                self._file = _identity(path)
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        with self._transaction("DEFERRED"):
            self._is_ours()  # before anything in it is touched
        self._begin_ahead_log()
        self._db.execute("PRAGMA synchronous = NORMAL")  # with it a kill loses nothing, and a power cut harms nothing
        with self._transaction():
            if not self._is_ours():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)

    def _begin_ahead_log(self) -> None:
        """Of all that SQLite does, this alone does not wait for another process that does the same."""
        until = time.monotonic() + _WAIT
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def _is_ours(self) -> bool:
        """False if there is nothing in the file yet."""
        application, version, tables = (
            self._db.execute(question).fetchone()[0]
            for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if not tables:
            return False
        if application != _APPLICATION:
            raise CacheError(f"{self.path}: is a database of another program; give the store another name")
        if version != VERSION:
            raise CacheError(
                f"{self.path}: is a store of version {version}, this program reads {VERSION}; give the store another "
                "name, or use the program that made it"
            )
        return True

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def get(self, key: CacheKey, frames: Sequence[FrameKey]) -> dict[tuple[str, int], dict[str, float]]:
        """What the store has of a segmenter under a condition.

        Returns
        -------
        dict
            The scores of each record, by (name of the frame, patch).
        """
        found: dict[tuple[str, int], dict[str, float]] = {}
        with self._translate_errors(), self._transaction("DEFERRED"):
            ids = self._id("segmenters", {"digest": key.digest}), self._id("conditions", _condition(key))
            for start in range(0, len(frames), _PARAMETERS):
                names = {
                    number: frame.frame
                    for frame in frames[start : start + _PARAMETERS]
                    if (number := self._id("frames", vars(frame))) is not None
                }
                marks = ", ".join("?" * len(names))
                rows = self._db.execute(
                    "SELECT frame, patch, scores FROM records "  # noqa: S608 - question marks
                    f"WHERE segmenter = ? AND condition = ? AND frame IN ({marks})",
                    (*ids, *names),
                )
                for number, patch, text in rows:
                    if number not in names:  # an index that leads elsewhere
                        raise ValueError(f"{number!r} in place of a frame's number")
                    found[names[number], patch] = _scores(text)
        return found

    def put(self, key: CacheKey, frames: Mapping[str, FrameKey], records: Iterable[Record]) -> None:
        """Keep records in one transaction: all or none. One that is there already stays as it is.

        Parameters
        ----------
        key
            What they have in common.
        frames
            The frames by name.
        records
            Of one segmenter under one condition.
        """
        rows = [(record.frame, record.patch, _text(record.scores), record.segmenter) for record in records]
        if not rows:
            return
        with self._translate_errors(), self._transaction():
            self._insert("segmenters", {"digest": key.digest, "name": rows[0][-1]})
            self._insert("conditions", _condition(key))
            segmenter = self._id("segmenters", {"digest": key.digest})
            condition = self._id("conditions", _condition(key))
            numbers = {}
            for name in dict.fromkeys(row[0] for row in rows):
                self._insert("frames", vars(frames[name]))
                numbers[name] = self._id("frames", vars(frames[name]))
            self._db.executemany(
                "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?)",
                [(segmenter, condition, numbers[frame], patch, scores) for frame, patch, scores, _ in rows],
            )

    def contents(self) -> pd.DataFrame:
        """How many records there are: a row for each data set, segmenter and condition."""
        return self._frame(
            """
            SELECT dataset, segmenters.name AS segmenter, segmenters.digest AS digest, artefact, version, intensity,
                seed, metrics, count(DISTINCT frames.id) AS frames, count(*) AS records
            FROM records {joined}
            GROUP BY dataset, segmenters.id, conditions.id
            ORDER BY dataset, segmenter, digest, artefact, version, intensity, seed, metrics
            """
        )

    def table(self) -> pd.DataFrame:
        """Every record with its whole key, and a column for each metric."""
        rows = self._frame(
            """
            SELECT dataset, frames.frame AS frame, frames.digest AS frame_digest, segmenters.name AS segmenter,
                segmenters.digest AS digest, artefact, version, intensity, seed, patch, metrics, scores
            FROM records {joined}
            ORDER BY dataset, segmenter, segmenters.digest, artefact, version, intensity, seed, frame, patch
            """
        )
        with self._translate_errors():
            scores = pd.DataFrame([_scores(text) for text in rows.pop("scores")], dtype=float)
        return rows.join(scores)

    def delete(self, contents: pd.DataFrame) -> int:
        """Drop the records that rows of `contents` count, in every data set; returns how many went."""
        columns = ["digest", "artefact", "version", "intensity", "seed", "metrics"]
        count = 0
        with self._translate_errors():
            with self._transaction():
                for doomed in contents[columns].drop_duplicates().to_dict("records"):
                    condition = {str(column): value for column, value in doomed.items() if column != "digest"}
                    ids = self._id("segmenters", {"digest": doomed["digest"]}), self._id("conditions", condition)
                    gone = self._db.execute("DELETE FROM records WHERE segmenter = ? AND condition = ?", ids)
                    count += gone.rowcount
                for column in ("segmenter", "condition", "frame"):
                    self._db.execute(f"DELETE FROM {column}s WHERE id NOT IN (SELECT {column} FROM records)")  # noqa: S608
            self._db.execute("VACUUM")
        return count

    def _frame(self, question: str) -> pd.DataFrame:
        with self._translate_errors():
            answer = self._db.execute(question.format(joined=_JOINED))
            columns = [column[0] for column in answer.description]
            rows = answer.fetchall()
            for row in rows:
                _check(dict(zip(columns, row, strict=True)))
            return pd.DataFrame(rows, columns=columns)

    def _id(self, table: str, values: Mapping[str, object]) -> int | None:
        where = " AND ".join(f"{column} = ?" for column in values)
        row = self._db.execute(f"SELECT id FROM {table} WHERE {where}", tuple(values.values())).fetchone()  # noqa: S608
        if row and not isinstance(row[0], int):  # an index that leads nowhere
            raise ValueError(f"{row[0]!r} in place of the number of a row of {table}")
        return row and row[0]

    def _insert(self, table: str, values: Mapping[str, object]) -> None:
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        self._db.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        self._db.execute(f"BEGIN {kind}")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _has_header(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:  # what a record holds is none
            raise self._damaged(error) from error
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (_CORRUPT, _NO_DATABASE):
                raise self._damaged(error) from error
            # a full disk, a read-only folder, a lock that another process never lets go
            raise CacheError(
                f"{self.path}: the store cannot be used ({error}); make room, or give it another place"
            ) from error

    def _damaged(self, error: Exception) -> CacheError:
        if self._file != _identity(self.path):
            return CacheError(
                f"{self.path}: the store was damaged ({error}) and has been set aside meanwhile; run again"
            )
        if self.path.suffix not in _ENDINGS and not self._has_header():
            return CacheError(f"{self.path}: is no store of records ({error}); give the file of one, or a new name")
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        for ending in ("-wal", "-shm", ""):
            part = Path(f"{self.path}{ending}")
            if part.exists():
                part.rename(f"{aside}{ending}")
        return CacheError(
            f"{self.path}: the store is damaged ({error}); it is now {aside.name}, and the next run begins a new one"
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Of the file that has a name now: another may take it over."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _condition(key: CacheKey) -> dict[str, object]:
    metrics = json.dumps(dict(key.metrics), sort_keys=True)
    return {
        "artefact": key.artefact,
        "version": key.version,
        "intensity": key.intensity,
        "seed": key.seed,
        "metrics": metrics,
    }


def _check(row: Mapping[str, object]) -> None:
    """Raise a `ValueError` if a column holds what no record has: SQLite keeps anything anywhere."""
    for column, value in row.items():
        if not isinstance(value, _COLUMNS.get(column, str)):
            raise ValueError(f"{str(value)[:40]!r} in place of {column}")
    if not isinstance(_json(str(row["metrics"])), dict):
        raise ValueError(f"{str(row['metrics'])[:40]!r} in place of metrics")


def _text(scores: Mapping[str, float]) -> str:
    return json.dumps({name: None if math.isnan(value) else value for name, value in scores.items()})


def _scores(text: str) -> dict[str, float]:
    found = _json(text)
    if not isinstance(found, dict) or not all(
        value is None or isinstance(value, int | float) for value in found.values()
    ):
        raise ValueError(f"{text[:40]!r} in place of scores")
    try:
        return {name: math.nan if value is None else float(value) for name, value in found.items()}
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} in place of scores") from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (RecursionError, TypeError) as error:  # nested without end; no text at all
        raise ValueError(f"{str(text)[:40]!r} is not JSON") from error
