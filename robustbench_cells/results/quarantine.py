"""A damaged record cache is moved away, never overwritten."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from robustbench_cells.errors import CacheError

_DAMAGE = {  # and what to say where SQLite's words would not do
    sqlite3.SQLITE_CORRUPT: "",
    sqlite3.SQLITE_NOTADB: "",
    sqlite3.SQLITE_TOOBIG: "a value is larger than any that is written",
    sqlite3.SQLITE_INTERRUPT: "it takes more steps to read than a file of its size",  # see `cache_file`
}
_SUFFIXES = (".sqlite", ".db")
_HEADER = b"SQLite format 3\0"


def damage_of(error: sqlite3.Error) -> str:
    """What is wrong with the content of the file; empty where the error is one of a lock, a disk or a right."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return (_DAMAGE[code] or str(error)) if code in _DAMAGE else ""


def file_id(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file that has this name now; another file may take the name over."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def quarantine(path: Path, opened: tuple[int, int] | None, damage: object) -> CacheError:
    """Move a damaged file to ``*.damaged-N``, unless it is another file by now or never was a record cache.

    Parameters
    ----------
    path
        File of the record cache.
    opened
        The `file_id` of the file that was opened.
    damage
        What is wrong with its content.

    Returns
    -------
    CacheError
        What to raise.
    """
    if opened != file_id(path):
        return CacheError(
            f"{path}: the record cache was damaged ({damage}) and another process quarantined it; run again"
        )
    if path.suffix not in _SUFFIXES and not _has_header(path):
        return CacheError(f"{path}: is not a record cache ({damage}); choose another file")
    number = 1
    while (quarantined := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm", ""):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.rename(f"{quarantined}{suffix}")
    return CacheError(
        f"{path}: the record cache is damaged ({damage}) and was moved to {quarantined.name}; the next run creates a "
        "new one"
    )


def _has_header(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER
