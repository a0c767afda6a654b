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
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from robustbench_cells.errors import CacheError
from robustbench_cells.results.cache_file import TIMEOUT, connect, is_initialised
from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.cache_listing import count_records, read_records, require_whole
from robustbench_cells.results.cache_rows import (
    EXAMPLE_TABLES,
    SCHEMA,
    decode_scores,
    encode_scores,
)
from robustbench_cells.results.quarantine import damage_of, file_id, quarantine
from robustbench_cells.types import Record, ScoreRange

_RETRY_INTERVAL = 0.01  # seconds between attempts where SQLite itself does not wait
_MAX_PARAMETERS = 500  # of one statement; SQLite takes at least 999


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
        If the file cannot be opened or written to, belongs to another program or version, holds anything but our
        tables, or is damaged. A damaged file is quarantined first (moved to ``*.damaged-N``), any other stays as it
        is: nothing is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CacheError(
                f"{path.parent}: cannot be created ({error}); choose another file for the record cache"
            ) from error
        self._file: tuple[int, int] | None = None
        self._schema = 0  # number that SQLite raises whenever the schema changes
        with self._translate_errors():
            self._db = connect(path)
            try:
                self._file = file_id(path)
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        with self._transaction("DEFERRED"):
            is_initialised(self._db, self.path)  # before anything in the file is changed
        self._enable_wal()
        self._db.execute("PRAGMA synchronous = NORMAL")  # a kill loses nothing, a power cut damages nothing
        with self._transaction():
            if not is_initialised(self._db, self.path):
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)

    def _enable_wal(self) -> None:
        """Retry until it works: the one operation for which SQLite does not wait for another process."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_INTERVAL)
            else:
                return

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
        with self._operation(), self._transaction("DEFERRED"):
            ids = self._id("segmenters", {"digest": key.digest}), self._id("conditions", key.condition)
            numbers = {frame.frame: self._id("frames", vars(frame)) for frame in frames}
            for place, text in self._scores(ids, numbers).items():
                cached[place] = decode_scores(text, key.ranges)
        return cached

    def put(self, key: CacheKey, frames: Mapping[str, FrameKey], records: Iterable[Record]) -> list[Record]:
        """Store records in one transaction: all or none. A record that already exists stays as it is.

        Parameters
        ----------
        key
            Common part of their keys.
        frames
            Keys of the frames, by name.
        records
            Records of one segmenter under one condition.

        Returns
        -------
        list
            The records as they are stored: another process may have computed some of them before.

        Raises
        ------
        CacheError
            If what is read back is not what was written.
        """
        texts = [(record, encode_scores(record.scores)) for record in records]
        if not texts:
            return []
        with self._operation(), self._transaction():
            self._insert("segmenters", {"digest": key.digest, "name": texts[0][0].segmenter})
            self._insert("conditions", key.condition)
            ids = self._id("segmenters", {"digest": key.digest}), self._id("conditions", key.condition)
            numbers = {}
            for name in dict.fromkeys(record.frame for record, _ in texts):
                self._insert("frames", vars(frames[name]))
                numbers[name] = self._id("frames", vars(frames[name]))
            before = self._scores(ids, numbers)
            self._db.executemany(
                "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?)",
                [(*ids, numbers[record.frame], record.patch, text) for record, text in texts],
            )
            after = self._scores(ids, numbers)
            return [self._stored(record, text, before, after, key.ranges) for record, text in texts]

    def _stored(
        self,
        record: Record,
        text: str,
        before: Mapping[tuple[str, int], str],
        after: Mapping[tuple[str, int], str],
        ranges: Mapping[str, ScoreRange],
    ) -> Record:
        """The record as it is read back, which is another one only where there was one before."""
        place = record.frame, record.patch
        read = after.get(place, "")
        if read == text:
            return record
        if before.get(place) != read:
            raise ValueError(
                f"frame {record.frame}, patch {record.patch}: {text} was written, {read or 'nothing'} read back"
            )
        return replace(record, scores=decode_scores(read, ranges))

    def _scores(self, ids: Sequence[int | None], numbers: Mapping[str, int | None]) -> dict[tuple[str, int], str]:
        """Scores as they are stored for numbers of a segmenter, a condition and frames, by name and patch."""
        found: dict[tuple[str, int], str] = {}
        names = {number: name for name, number in numbers.items() if number is not None}
        for start in range(0, len(names), _MAX_PARAMETERS):
            part = list(names)[start : start + _MAX_PARAMETERS]
            marks = ", ".join("?" * len(part))
            rows = self._db.execute(
                "SELECT frame, patch, scores FROM records "  # noqa: S608 - question marks
                f"WHERE segmenter = ? AND condition = ? AND frame IN ({marks})",
                (*ids, *part),
            )
            for number, patch, text in rows:
                if number not in names or not isinstance(text, str) or (names[number], patch) in found:
                    raise ValueError(f"{number!r}, {patch!r} in place of a new record")  # a damaged index
                found[names[number], patch] = text
        return found

    def reject(self, reason: str) -> CacheError:
        """Quarantine the file, whose records turned out to be others than were stored; returns what to raise."""
        return quarantine(self.path, self._file, reason)

    def contents(self) -> pd.DataFrame:
        """Count the records: one row per data set, segmenter and condition."""
        with self._operation(), self._transaction("DEFERRED"):
            return count_records(self._db)

    def table(self, ranges: Mapping[str, ScoreRange] = MappingProxyType({})) -> pd.DataFrame:
        """Read every record with its whole key, and one column per metric; scores outside their range are damage."""
        with self._operation(), self._transaction("DEFERRED"):
            rows = read_records(self._db)
            scores = pd.DataFrame([decode_scores(text, ranges) for text in rows.pop("scores")], dtype=float)
        return rows.join(scores)

    def delete(self, contents: pd.DataFrame) -> int:
        """Delete the records that rows of `contents` count, in every data set; returns their number."""
        columns = ["digest", "artefact", "version", "intensity", "seed", "metrics"]
        count = 0
        with self._operation():
            with self._transaction():
                require_whole(self._db)
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

    def _id(self, table: str, values: Mapping[str, object]) -> int | None:
        where = " AND ".join(f"{column} = ?" for column in values)
        row = self._db.execute(f"SELECT id FROM {table} WHERE {where}", tuple(values.values())).fetchone()  # noqa: S608
        return row and row[0]

    def _insert(self, table: str, values: Mapping[str, object]) -> None:
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        self._db.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        self._db.execute(f"BEGIN {kind}")
        try:
            self._check_schema()
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _check_schema(self) -> None:
        """Look at the schema again if it has changed: any program may write to the file."""
        number = self._db.execute("PRAGMA schema_version").fetchone()[0]
        if number != self._schema and is_initialised(self._db, self.path):
            self._schema = number

    @contextmanager
    def _operation(self) -> Iterator[None]:
        self._db.begin_operation()
        with self._translate_errors():
            yield

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:  # a value that is never written
            raise quarantine(self.path, self._file, error) from error
        except sqlite3.Error as error:
            if damage := damage_of(error):
                raise quarantine(self.path, self._file, damage) from error
            # a full disk, a read-only folder, a lock that another process never releases
            raise CacheError(
                f"{self.path}: the record cache cannot be used ({error}); free disk space, or choose another file"
            ) from error
