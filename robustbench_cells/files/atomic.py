"""Files written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError

_MOST_JSON = 2**24  # bytes


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; it becomes ``path`` when the block ends well, and goes otherwise.

    The content is synced to the disk before the rename, so a reader or a crash sees the old file or the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def keep_aside(path: Path) -> None:
    """Copy a file that is about to be replaced, if it is there, to the folder ``previous`` beside it."""
    if not path.is_file():
        return
    with replacing(path.parent / "previous" / path.name) as temporary:
        shutil.copyfile(path, temporary)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises
    ------
    ValueError
        If it is none, or larger than any that is written here.
    """
    if (size := path.stat().st_size) > _MOST_JSON:
        raise ValueError(f"{path.name} has {size} bytes, and at most {_MOST_JSON} are read")
    return json.loads(path.read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, or of the names and contents of all files in a folder, in hexadecimal.

    Links to files count as what they lead to.

    Raises
    ------
    ModelError
        If a folder, which only a model is, has a link to another one: what lies behind it would not count.
    """
    if path.is_dir():
        parts = list(path.rglob("*"))
        if linked := [part for part in parts if part.is_symlink() and part.is_dir()]:
            raise ModelError(f"{linked[0]}: is a link to a folder; put a copy of that folder in its place")
        inside = sorted(part.relative_to(path).as_posix() for part in parts if part.is_file())
        lines = "".join(f"{sha256(path / name)}  {name}\n" for name in inside)
        return hashlib.sha256(lines.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
