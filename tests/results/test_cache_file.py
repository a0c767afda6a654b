"""Record caches from strangers: what is in the file is data, and nothing in it acts."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from robustbench_cells.errors import CacheError
from robustbench_cells.results.cache_file import connect
from robustbench_cells.results.cache_rows import EXAMPLE_TABLES, SCHEMA
from robustbench_cells.results.example_cache import ExampleCache
from robustbench_cells.results.quarantine import damage_of
from robustbench_cells.results.record_cache import RecordCache
from tests.support.cache_records import ALL, FRAMES, KEY, make_record

_ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
FOREIGN = {
    "a trigger that rewrites scores": (
        "CREATE TRIGGER better AFTER INSERT ON records BEGIN UPDATE records SET scores = '{\"jaccard\": 0.99}'; END",
        "the trigger 'better'",
    ),
    "a trigger that keeps records out": (
        "CREATE TRIGGER none BEFORE INSERT ON records BEGIN SELECT RAISE(IGNORE); END",
        "the trigger 'none'",
    ),
    "an endless view in place of the records": (
        f"DROP TABLE records; CREATE VIEW records AS {_ENDLESS} "  # noqa: S608
        "SELECT i AS segmenter, i AS condition, i AS frame, i AS patch, '{}' AS scores FROM n WHERE i < 0",
        "the view 'records'",
    ),
    "a view beside the tables": ("CREATE VIEW frames_2 AS SELECT * FROM frames", "the view 'frames_2'"),
    "another table": ("CREATE TABLE notes (text)", "the table 'notes'"),
    "a table under another name": ("ALTER TABLE segmenters RENAME TO others", "the table 'others'"),
    "an index of theirs": ("CREATE INDEX theirs ON records (patch)", "the index 'theirs'"),
    "an index over an expression": (
        "CREATE INDEX slow ON records (length(scores)) WHERE patch > 0",
        "the index 'slow'",
    ),
    "a virtual table": ("CREATE VIRTUAL TABLE pages USING dbstat", "the table 'pages'"),
    "statistics": ("ANALYZE", "the table 'sqlite_stat1'"),
    "a column computed as it is read": (
        "ALTER TABLE segmenters ADD COLUMN other TEXT GENERATED ALWAYS AS (upper(name))",
        "the table 'segmenters'",
    ),
    "a table that is missing": ("DROP TABLE conditions", "other tables"),
}
OTHERWISE = {  # what stands in our own statement, and what a stranger writes in its place
    "a default": ("scores TEXT NOT NULL", "scores TEXT NOT NULL DEFAULT '{\"jaccard\": 1}'"),
    "a check": ("scores TEXT NOT NULL", "scores TEXT NOT NULL CHECK (scores < 'z')"),
    "a generated column": ("scores TEXT NOT NULL", "scores TEXT AS ('{\"jaccard\": 1}')"),
    "another collation": ("digest TEXT NOT NULL UNIQUE", "digest TEXT COLLATE NOCASE NOT NULL UNIQUE"),
    "another type": ("patch INTEGER NOT NULL", "patch NOT NULL"),
    "a conflict clause": ("PRIMARY KEY (segmenter, condition,", "PRIMARY KEY (condition, segmenter,"),
    "deletion along with other rows": ("REFERENCES frames", "REFERENCES frames ON DELETE CASCADE"),
    "a word in quotation marks": ("name TEXT", '"name" TEXT'),
}


def make_store(path: Path, script: str = SCHEMA) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
    return path


def refused(path: Path, words: str) -> None:
    """A store is refused by its name, and stays as it is, byte by byte."""
    before = path.read_bytes()
    with pytest.raises(CacheError) as caught:
        RecordCache(path)
    assert str(caught.value).startswith(f"{path}: holds {words}"), caught.value
    assert "choose another file" in str(caught.value)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with pytest.raises(CacheError, match="choose another file"):
        ExampleCache(path)


@pytest.mark.parametrize("name", FOREIGN)
def test_what_was_not_created_here_is_refused(tmp_path: Path, name: str) -> None:
    script, words = FOREIGN[name]
    path = make_store(tmp_path / "records.sqlite")
    try:
        make_store(path, script)
    except sqlite3.OperationalError as error:  # an SQLite built without it
        pytest.skip(str(error))
    refused(path, words)


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_table_of_ours_that_is_defined_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    ours, theirs = OTHERWISE[name]
    assert ours in SCHEMA
    table = SCHEMA[: SCHEMA.index(ours)].rpartition("CREATE TABLE ")[2].split(maxsplit=1)[0]
    refused(make_store(tmp_path / "records.sqlite", SCHEMA.replace(ours, theirs, 1)), f"the table {table!r}")


def test_a_name_full_of_control_characters_is_shown_as_escapes(tmp_path: Path) -> None:
    path = make_store(tmp_path / "records.sqlite", f'{SCHEMA}; CREATE TABLE "\x1b]0;x\x07{"y" * 10_000}" (i)')
    with pytest.raises(CacheError) as caught:
        RecordCache(path)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("script", [SCHEMA, ";".join((SCHEMA, *EXAMPLE_TABLES))], ids=["earlier version", "this one"])
def test_a_store_of_ours_goes_on_working(tmp_path: Path, script: str) -> None:
    cache = RecordCache(make_store(tmp_path / "records.sqlite", script))
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    examples = ExampleCache(cache.path)
    examples.put_times("digest", "here", [1.0])
    cache.put(KEY, FRAMES, [make_record("b", 0)])  # the schema has changed meanwhile, by our own tables
    assert cache.delete(cache.contents()) == 2
    assert examples.times("digest", "here") == []
    RecordCache(cache.path).put(KEY, FRAMES, [make_record("a", 1)])


def test_a_trigger_that_arrives_while_the_file_is_open_is_refused(tmp_path: Path) -> None:
    cache = RecordCache(tmp_path / "records.sqlite")
    cache.put(KEY, FRAMES, [make_record("a", 0, 0.5)])
    make_store(cache.path, FOREIGN["a trigger that rewrites scores"][0])
    with pytest.raises(CacheError, match="holds the trigger 'better'"):
        cache.put(KEY, FRAMES, [make_record("a", 1, 0.5)])
    with pytest.raises(CacheError, match="holds the trigger 'better'"):
        cache.get(KEY, ALL)
    make_store(cache.path, "DROP TRIGGER better")
    assert cache.get(KEY, ALL)["a", 0]["jaccard"] == 0.5


def test_functions_of_the_file_are_not_trusted(tmp_path: Path) -> None:
    db = connect(tmp_path / "records.sqlite")
    assert db.execute("PRAGMA trusted_schema").fetchone() == (0,)
    assert db.execute("PRAGMA cell_size_check").fetchone() == (1,)


def journal_that_names(victim: Path, database: Path) -> bytes:
    """A hot rollback journal of one page whose super-journal, which SQLite deletes afterwards, is the victim."""
    magic, page = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", database.read_bytes()[:4096]
    check = sum(page[place] for place in range(4096 - 200, 0, -200))
    name = str(victim).encode()
    head = (magic + struct.pack(">5I", 1, 0, database.stat().st_size // 4096, 512, 4096)).ljust(512, b"\0")
    last = struct.pack(">I", 2**30 // 4096 + 1) + name + struct.pack(">2I", len(name), sum(name)) + magic
    return head + struct.pack(">I", 1) + page + struct.pack(">I", check) + last


def test_a_journal_deletes_no_file(tmp_path: Path) -> None:
    victim = tmp_path / "home" / "thesis.tex"
    victim.parent.mkdir()
    for name, opens in (("ours", RecordCache), ("examples", ExampleCache), ("theirs", sqlite3.connect)):
        victim.write_text("years of work")
        path = make_store(tmp_path / f"{name}.sqlite")
        journal = Path(f"{path}-journal")
        journal.write_bytes(journal_that_names(victim, path))
        if opens is sqlite3.connect:  # the trap is one
            with closing(sqlite3.connect(path)) as db:
                db.execute("SELECT count(*) FROM records").fetchone()
            assert not victim.exists()
        else:
            with pytest.raises(CacheError, match=rf"{name}\.sqlite-journal: .*Move it away"):
                opens(path)
            assert victim.read_text() == "years of work"
            assert journal.exists()


def test_a_link_to_a_record_cache_hides_no_journal(tmp_path: Path) -> None:
    RecordCache(tmp_path / "hidden.sqlite").close()
    (tmp_path / "victim").write_text("years of work")
    journal = journal_that_names(tmp_path / "victim", tmp_path / "hidden.sqlite")
    (tmp_path / "hidden.sqlite-journal").write_bytes(journal)
    (tmp_path / "store.sqlite").symlink_to(tmp_path / "hidden.sqlite")
    with pytest.raises(CacheError, match=r"hidden\.sqlite-journal: .*Move it away"):
        RecordCache(tmp_path / "store.sqlite")
    assert (tmp_path / "victim").read_text() == "years of work"


def test_what_a_crash_left_in_a_journal_is_rolled_back(tmp_path: Path) -> None:
    path = make_store(tmp_path / "records.sqlite")
    journal = journal_that_names(tmp_path / "victim", path)
    Path(f"{path}-journal").write_bytes(journal[: 512 + 4 + 4096 + 4])  # names nothing
    content = path.read_bytes()
    path.write_bytes(bytes(4096) + content[4096:])
    RecordCache(path).put(KEY, FRAMES, [make_record("a", 0)])


def looped(path: Path) -> Path:
    """A store whose page of records leads to itself through eighteen others, a thousand ways at each."""
    cache = RecordCache(path)
    for patch in range(0, 3000, 500):
        cache.put(KEY, FRAMES, [make_record("a", number) for number in range(patch, patch + 500)])
    cache.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'records'").fetchone()
    content = bytearray(path.read_bytes())
    start = (root - 1) * 4096
    assert content[start] == 2  # an inner page of an index
    count = struct.unpack_from(">H", content, start + 3)[0]
    pointers = [struct.unpack_from(">H", content, start + 12 + 2 * cell)[0] for cell in range(count)]
    pages, leaf = len(content) // 4096, struct.unpack_from(">I", content, start + pointers[0])[0]
    inner = bytes(content[start : start + 4096])
    for level in range(17):  # SQLite follows twenty levels
        child = leaf if level == 16 else pages + level + 2
        page = bytearray(inner)
        for place in (8, *pointers):
            struct.pack_into(">I", page, place, child)
        content += page
    for place in (8, *pointers):
        struct.pack_into(">I", content, start + place, pages + 1)
    struct.pack_into(">I", content, 28, len(content) // 4096)
    path.write_bytes(content)
    return path


def test_pages_that_are_read_again_and_again_are_damage(tmp_path: Path) -> None:
    for read, words in (
        (lambda cache: cache.get(KEY, ALL), "1, 0 in place of a new record"),
        (RecordCache.contents, r"\*\*\* in database main \*\*\* On tree page \d+ cell \d+: 2nd reference to page"),
        (RecordCache.table, ".* 2nd reference to page"),
        (lambda cache: cache.delete(pd.DataFrame(columns=list(KEY.condition))), ".* 2nd reference to page"),
    ):
        folder = tmp_path / str(id(read))
        folder.mkdir()
        with pytest.raises(CacheError, match=rf"damaged \({words}.* moved to records\.sqlite\.damaged-1"):
            read(RecordCache(looped(folder / "records.sqlite")))


def test_an_operation_has_as_many_steps_as_a_file_of_its_size_needs(tmp_path: Path) -> None:
    with closing(connect(looped(tmp_path / "records.sqlite"))) as db, pytest.raises(sqlite3.OperationalError) as caught:
        db.execute("SELECT max(patch) FROM records").fetchone()
    assert damage_of(caught.value) == "it takes more steps to read than a file of its size"


def test_a_value_larger_than_any_of_ours_is_damage(tmp_path: Path) -> None:
    cache = RecordCache(tmp_path / "records.sqlite")
    cache.put(KEY, FRAMES, [make_record("a", 0)])
    with closing(sqlite3.connect(cache.path)) as db:
        db.execute("UPDATE records SET scores = scores || hex(zeroblob(600000))")
        db.commit()
    with pytest.raises(CacheError, match=r"damaged \(a value is larger than any that is written\)"):
        cache.get(KEY, ALL)
