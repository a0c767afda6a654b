"""The record cache: every record that was ever computed, in one SQLite file, keyed by what it was computed from.

A record's key is its content: the segmenter's digest, the frame's (pixels, labels and the name that seeds its random
numbers), the artefact with its version, the intensity, the seed, the patch, and the versions of the metrics. Whatever
needs the same record finds it, whoever computed it, and nothing is computed twice.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from robustbench_cells.errors import CacheError
from robustbench_cells.files.reading import UNLIMITED, require_file
from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.cache_rows import (
    APPLICATION_ID,
    CONTENTS,
    EXAMPLE_TABLES,
    SCHEMA,
    TABLE,
    VERSION,
    decode_scores,
    encode_scores,
    validate_row,
)
from robustbench_cells.types import Record, ScoreRange

_TIMEOUT = 120.0  # seconds to wait for another process' transaction
_RETRY_INTERVAL = 0.01  # seconds between attempts where SQLite itself does not wait
_MAX_PARAMETERS = 500  # of one statement; SQLite takes at least 999
_CORRUPT, _NOT_A_DATABASE = 11, 26  # SQLite result codes
_SUFFIXES = (".sqlite", ".db")
_HEADER = b"SQLite format 3\0"


def connect(path: Path) -> sqlite3.Connection:
    """Open the file of a record cache; statements wait for other processes, and are transactions by themselves."""
    return sqlite3.connect(path, timeout=_TIMEOUT, isolation_level=None)


class RecordCache:
    """The file of records. Several processes may have it open and write to it.

    Parameters
    ----------
    path
        SQLite file; created, with its folders, if it does not exist. The files that SQLite puts next to it (``-wal``,
        ``-shm``) belong to it while it is open.

    Raises
    ------
    CacheError
        If the file cannot be opened or written to, belongs to another program or version, or is damaged. A damaged
        file is quarantined first (moved to ``*.damaged-N``): nothing is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CacheError(
                f"{path.parent}: cannot be created ({error}); choose another file for the record cache"
            ) from error
        for suffix in ("", "-wal", "-shm", "-journal"):
            if (part := Path(f"{path}{suffix}")).exists():
                require_file(part, UNLIMITED, CacheError)
        self._file: tuple[int, int] | None = None
        with self._translate_errors():
            self._db = connect(path)
            try:
                self._file = _file_id(path)
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        with self._transaction("DEFERRED"):
            self._is_initialised()  # before anything in the file is changed
        self._enable_wal()
        self._db.execute("PRAGMA synchronous = NORMAL")  # a kill loses nothing, a power cut damages nothing
        with self._transaction():
            if not self._is_initialised():
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)

    def _enable_wal(self) -> None:
        """Retry until it works: the one operation for which SQLite does not wait for another process."""
        deadline = time.monotonic() + _TIMEOUT
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_INTERVAL)
            else:
                return

    def _is_initialised(self) -> bool:
        """Whether the file has its tables; a `CacheError` if it has others."""
        application, version, tables = (
            self._db.execute(query).fetchone()[0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if not tables:
            return False
        if application != APPLICATION_ID:
            raise CacheError(f"{self.path}: is a database of another program; choose another file for the record cache")
        if version != VERSION:
            raise CacheError(
                f"{self.path}: record cache of version {version}; this program reads version {VERSION}; choose another "
                "file, or use the program that wrote it"
            )
        return True

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def get(self, key: CacheKey, frames: Sequence[FrameKey]) -> dict[tuple[str, int], dict[str, float]]:
        """Look up the cached records of a segmenter under a condition.

        Returns
        -------
        dict
            Scores of each record, by (name of the frame, patch).
        """
        cached: dict[tuple[str, int], dict[str, float]] = {}
        with self._translate_errors(), self._transaction("DEFERRED"):
            ids = self._id("segmenters", {"digest": key.digest}), self._id("conditions", key.condition)
            for start in range(0, len(frames), _MAX_PARAMETERS):
                names = {
                    number: frame.frame
                    for frame in frames[start : start + _MAX_PARAMETERS]
                    if (number := self._id("frames", vars(frame))) is not None
                }
                marks = ", ".join("?" * len(names))
                rows = self._db.execute(
                    "SELECT frame, patch, scores FROM records "  # noqa: S608 - question marks
                    f"WHERE segmenter = ? AND condition = ? AND frame IN ({marks})",
                    (*ids, *names),
                )
                for number, patch, text in rows:
                    if number not in names:  # a damaged index
                        raise ValueError(f"{number!r} in place of a frame's number")
                    cached[names[number], patch] = decode_scores(text, key.ranges)
        return cached

    def put(self, key: CacheKey, frames: Mapping[str, FrameKey], records: Iterable[Record]) -> None:
        """Store records in one transaction: all or none. A record that already exists stays as it is.

        Parameters
        ----------
        key
            Common part of their keys.
        frames
            Keys of the frames, by name.
        records
            Records of one segmenter under one condition.
        """
        rows = [(record.frame, record.patch, encode_scores(record.scores), record.segmenter) for record in records]
        if not rows:
            return
        with self._translate_errors(), self._transaction():
            self._insert("segmenters", {"digest": key.digest, "name": rows[0][-1]})
            self._insert("conditions", key.condition)
            segmenter = self._id("segmenters", {"digest": key.digest})
            condition = self._id("conditions", key.condition)
            numbers = {}
            for name in dict.fromkeys(row[0] for row in rows):
                self._insert("frames", vars(frames[name]))
                numbers[name] = self._id("frames", vars(frames[name]))
            self._db.executemany(
                "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?)",
                [(segmenter, condition, numbers[frame], patch, scores) for frame, patch, scores, _ in rows],
            )

    def contents(self) -> pd.DataFrame:
        """Count the records: one row per data set, segmenter and condition."""
        return self._query(CONTENTS)

    def table(self, ranges: Mapping[str, ScoreRange] = MappingProxyType({})) -> pd.DataFrame:
        """Read every record with its whole key, and one column per metric; scores outside their range are damage."""
        rows = self._query(TABLE)
        with self._translate_errors():
            scores = pd.DataFrame([decode_scores(text, ranges) for text in rows.pop("scores")], dtype=float)
        return rows.join(scores)

    def delete(self, contents: pd.DataFrame) -> int:
        """Delete the records that rows of `contents` count, in every data set; returns their number."""
        columns = ["digest", "artefact", "version", "intensity", "seed", "metrics"]
        count = 0
        with self._translate_errors():
            with self._transaction():
                for row in contents[columns].drop_duplicates().to_dict("records"):
                    condition = {str(column): value for column, value in row.items() if column != "digest"}
                    ids = self._id("segmenters", {"digest": row["digest"]}), self._id("conditions", condition)
                    deleted = self._db.execute("DELETE FROM records WHERE segmenter = ? AND condition = ?", ids)
                    count += deleted.rowcount
                for column in ("segmenter", "condition", "frame"):
                    self._db.execute(f"DELETE FROM {column}s WHERE id NOT IN (SELECT {column} FROM records)")  # noqa: S608
                for statement in EXAMPLE_TABLES:
                    self._db.execute(statement)
                for table in ("example_masks", "example_times"):
                    self._db.execute(f"DELETE FROM {table} WHERE digest NOT IN (SELECT digest FROM segmenters)")  # noqa: S608
            self._db.execute("VACUUM")
        return count

    def _query(self, query: str) -> pd.DataFrame:
        with self._translate_errors():
            answer = self._db.execute(query)
            columns = [column[0] for column in answer.description]
            rows = answer.fetchall()
            for row in rows:
                validate_row(dict(zip(columns, row, strict=True)))
            return pd.DataFrame(rows, columns=columns)

    def _id(self, table: str, values: Mapping[str, object]) -> int | None:
        where = " AND ".join(f"{column} = ?" for column in values)
        row = self._db.execute(f"SELECT id FROM {table} WHERE {where}", tuple(values.values())).fetchone()  # noqa: S608
        if row and not isinstance(row[0], int):  # a damaged index
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
        except ValueError as error:  # a value that is never written
            raise self._quarantine(error) from error
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (_CORRUPT, _NOT_A_DATABASE):
                raise self._quarantine(error) from error
            # a full disk, a read-only folder, a lock that another process never releases
            raise CacheError(
                f"{self.path}: the record cache cannot be used ({error}); free disk space, or choose another file"
            ) from error

    def _quarantine(self, error: Exception) -> CacheError:
        """Move the damaged file to ``*.damaged-N``, unless it is another file by now or never was a record cache."""
        if self._file != _file_id(self.path):
            return CacheError(
                f"{self.path}: the record cache was damaged ({error}) and another process quarantined it; run again"
            )
        if self.path.suffix not in _SUFFIXES and not self._has_header():
            return CacheError(f"{self.path}: is not a record cache ({error}); choose another file")
        number = 1
        while (quarantined := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        for suffix in ("-wal", "-shm", ""):
            part = Path(f"{self.path}{suffix}")
            if part.exists():
                part.rename(f"{quarantined}{suffix}")
        return CacheError(
            f"{self.path}: the record cache is damaged ({error}) and was moved to {quarantined.name}; "
            "the next run creates a new one"
        )


def _file_id(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file that has this name now; another file may take the name over."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
