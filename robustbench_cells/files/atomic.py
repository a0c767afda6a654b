"""Atomic writes: a file is replaced completely or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robustbench_cells.errors import RobustbenchError
from robustbench_cells.files.reading import read_text

PREVIOUS = "previous"  # name of the folder of what was replaced
_MAX_JSON = 2**24  # bytes


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, which replaces ``path`` if the block succeeds and is removed otherwise.

    The content is synced to disk before the rename, so a reader or a crash sees the old file or the new one.
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


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside ``path``, which replaces ``path`` if the block succeeds and is removed otherwise.

    The old folder is renamed, then the new one, so that neither is ever mixed with the other; where the second rename
    fails the first is taken back.

    Raises
    ------
    OSError
        If one of them cannot be written or renamed: ``path`` is as it was then.
    """
    path = path.resolve()
    new = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    old = new.with_name(f"{new.name}-old")
    try:
        yield new
        for file in new.rglob("*"):
            if file.is_file() and not file.is_symlink():
                with file.open("rb+") as content:
                    os.fsync(content.fileno())
        shutil.copymode(path, new)
        path.rename(old)
        try:
            new.rename(path)
        except BaseException:
            old.rename(path)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside ``path``, which becomes ``path`` if the block succeeds and is removed otherwise.

    Raises
    ------
    OSError
        If it cannot be written, or something else has become ``path`` meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        yield new
        new.chmod(0o755)
        new.rename(path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def back_up(path: Path) -> None:
    """Copy a file that is about to be replaced, if it exists, to the folder ``previous`` beside it."""
    if not path.is_file():
        return
    with atomic_path(path.parent / PREVIOUS / path.name) as temporary:
        shutil.copyfile(path, temporary)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path, error: type[RobustbenchError]) -> Any:
    """Read a JSON file.

    Raises
    ------
    RobustbenchError
        Of the given type, if it is not a regular file, or larger than any that this package writes.
    ValueError, RecursionError
        If it is not JSON, or nested deeply.
    """
    return json.loads(read_text(path, _MAX_JSON, error))
