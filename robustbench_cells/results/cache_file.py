"""The SQLite file of a record cache, opened as data: it may come from anybody, and nothing in it acts.

The schema in an SQLite file is code: a trigger rewrites what is stored, a view or a generated column computes what is
read. So the file must hold the very tables that this package creates. What SQLite's authors advise for files from
strangers is in https://www.sqlite.org/security.html.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import suppress
from functools import cache
from os import SEEK_END
from pathlib import Path
from stat import S_ISREG
from typing import Any

from robustbench_cells.errors import CacheError
from robustbench_cells.files.reading import UNLIMITED, require_file
from robustbench_cells.results.cache_rows import APPLICATION_ID, EXAMPLE_TABLES, MAX_VALUE, SCHEMA, VERSION

TIMEOUT = 120.0  # seconds to wait for another process' transaction
_STEPS = 20_000_000  # of SQLite's virtual machine in one operation: less than a second
_STEPS_PER_BYTE = 5  # of the file, in addition; a listing of ten thousand records takes a fifth of a step per byte
_MAX_STEPS = 20_000_000_000  # some minutes; a listing of the ten million records that a table may have takes a tenth
_INTERVAL = 1_000_000  # steps between two looks at their number
_JOURNAL_MAGIC = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_QUERY = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"

SchemaItem = tuple[str, str, str, str]  # type, name, table, SQL in single spaces


class CacheConnection(sqlite3.Connection):
    """A connection whose statements are transactions by themselves, and wait for those of other processes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, timeout=TIMEOUT, isolation_level=None)
        self._path = path
        self._left = 0
        self.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
        self.set_progress_handler(self._is_over, _INTERVAL)
        self.begin_operation()
        self.execute("PRAGMA trusted_schema = OFF")
        self.execute("PRAGMA cell_size_check = ON")

    def begin_operation(self) -> None:
        """Grant the steps of one operation: pages that lead back to one another would be read for ever."""
        files = (Path(f"{self._path}{suffix}") for suffix in ("", "-wal"))
        size = sum(_size_on_disk(file) for file in files if file.exists())
        self._left = min(_STEPS + _STEPS_PER_BYTE * size, _MAX_STEPS) // _INTERVAL

    def _is_over(self) -> bool:
        self._left -= 1
        return self._left < 0


def _size_on_disk(path: Path) -> int:
    """Bytes of a file, without holes."""
    status = path.stat()
    blocks = getattr(status, "st_blocks", 0)  # some file systems count none
    return min(status.st_size, 512 * blocks) if blocks else status.st_size


def connect(path: Path) -> CacheConnection:
    """Open the file of a record cache.

    Raises
    ------
    CacheError
        If it is no regular file, or if the rollback journal beside it names a file: SQLite would delete that file,
        wherever it is.
    """
    given, path = path, Path(os.path.realpath(path))  # SQLite follows a link, and looks for a journal there
    for part in (given, *(Path(f"{path}{suffix}") for suffix in ("-wal", "-shm", "-journal"))):
        with suppress(FileNotFoundError):  # another process creates and removes some of them meanwhile
            if not S_ISREG(part.stat().st_mode):
                require_file(part, UNLIMITED, CacheError)
    with suppress(FileNotFoundError), Path(f"{path}-journal").open("rb") as journal:
        journal.seek(max(0, journal.seek(0, SEEK_END) - len(_JOURNAL_MAGIC)))
        if journal.read() == _JOURNAL_MAGIC:
            raise CacheError(
                f"{journal.name}: a journal that names another file, which SQLite would delete; this program writes "
                "none. Move it away, or choose another file for the record cache"
            )
    return CacheConnection(path)


def is_initialised(db: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has its tables, and nothing else.

    Raises
    ------
    CacheError
        If it holds anything else; it stays as it is.
    """
    ours, examples = _created(SCHEMA), _created(";".join(EXAMPLE_TABLES))
    rows = db.execute(_QUERY).fetchmany(len(ours) + len(examples) + 1)
    application, version = (
        db.execute(query).fetchone()[0] for query in ("PRAGMA application_id", "PRAGMA user_version")
    )
    if not rows:
        return False
    if application != APPLICATION_ID:
        raise CacheError(f"{path}: is a database of another program; choose another file for the record cache")
    if version != VERSION:
        raise CacheError(
            f"{path}: record cache of version {version}; this program reads version {VERSION}; choose another "
            "file, or use the program that wrote it"
        )
    found = [_item(row) for row in rows]
    foreign = [item for item in found if item not in ours | examples]
    if foreign or len(set(found)) < len(found) or not ours <= set(found):
        what = f"the {foreign[0][0]} {foreign[0][1]!r}"[:100] if foreign else "other tables"
        raise CacheError(
            f"{path}: holds {what} in place of, or beside, the tables of a record cache. What this program did not "
            "create there could change scores, so the file is not used, and stays as it is; choose another file for "
            "the record cache, or move this one away: the next run computes its records again"
        )
    return True


def _item(row: Any) -> SchemaItem:
    kind, name, table, sql = (re.sub(r"\s+", " ", str(value or "")) for value in row)
    return kind, name, table, sql


@cache
def _created(script: str) -> frozenset[SchemaItem]:
    """What the statements of a script leave in a schema."""
    db = sqlite3.connect(":memory:")
    try:
        db.executescript(script)
        return frozenset(map(_item, db.execute(_QUERY)))
    finally:
        db.close()
