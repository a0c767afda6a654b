"""SQLite: pages, cells and the schema."""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np

from tests.fuzz.damage._base import DAMAGES, Damage
from tests.fuzz.damage._values import extreme, word

_PAGE = 4096
_TABLES = ("segmenters", "frames", "conditions", "records")


@DAMAGES.register
class Sqlite(Damage):
    """Changes a database by SQLite itself, and pages in ways that SQLite never does."""

    name = "sqlite"
    suffixes = (".sqlite",)

    def apply(self, content: bytes, rng: np.random.Generator) -> bytes:
        """See `Damage.apply`."""
        if rng.random() < 0.4:
            start = int(rng.integers(len(content) // _PAGE + 1)) * _PAGE
            page = content[start : start + _PAGE]
            other = int(rng.integers(len(content) // _PAGE + 1)) * _PAGE
            new = (bytes(len(page)), DAMAGES.get("bytes").apply(page, rng), content[other : other + _PAGE])[
                rng.integers(3)
            ]
            return content[:start] + new + content[start + _PAGE :]
        database = sqlite3.connect(":memory:", isolation_level=None)
        try:
            database.deserialize(content)
            _statement(database, rng)
            return database.serialize()
        except (sqlite3.Error, MemoryError, OverflowError, UnicodeError) as error:  # MemoryError for an empty file
            raise ValueError from error
        finally:
            database.close()


def _cell(rng: np.random.Generator) -> Any:
    numbers = (extreme(rng) % 2**63, -1, 0.5, float("inf"), None)
    texts = (
        word(rng),
        word(rng).encode("utf-8", "replace"),
        b"\xff\xfe",
        "{",
        '{"jaccard": "x"}',
        '{"a": 1e999}',
        "[]",
        "NaN",
    )
    deep = ('{"a": ' + "[" * 5000, '{"a": ' + "9" * 5000 + "}", '{"jaccard": {"a": 1}}')
    every = (*numbers, *texts, *deep)
    return every[rng.integers(len(every))]


def _statement(database: sqlite3.Connection, rng: np.random.Generator) -> None:
    table = _TABLES[rng.integers(len(_TABLES))]
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    if not columns:
        raise ValueError
    column = columns[rng.integers(len(columns))]
    match rng.integers(9):
        case 0 | 1 | 2:
            database.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (_cell(rng),))  # noqa: S608
        case 3:
            database.execute(f"DELETE FROM {table}")  # noqa: S608
        case 4:
            database.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
        case 5:
            database.execute(f"PRAGMA {rng.choice(['user_version', 'application_id'])} = {extreme(rng) % 2**31}")
        case 6:
            database.execute(f"CREATE TABLE other AS SELECT * FROM {table}")  # noqa: S608
            database.execute(f"DROP TABLE {table}")
            how = str(
                rng.choice(
                    [
                        "SELECT * FROM other",
                        "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a FROM n) SELECT * FROM n",
                    ]
                )
            )
            database.execute(f"CREATE VIEW {table} AS {how}")
        case 7:
            database.execute(
                f"CREATE TRIGGER t AFTER INSERT ON {table} BEGIN INSERT INTO {table} SELECT * FROM {table}; END"  # noqa: S608
            )
        case _:
            database.execute("PRAGMA writable_schema = ON")
            database.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (word(rng), table))
