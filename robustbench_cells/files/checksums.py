"""SHA-256 of files and folders."""

from __future__ import annotations

import hashlib
from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.files.reading import MAX_MODEL, list_files


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, or of the names and contents of all files in a folder, in hexadecimal.

    Links to files are followed.

    Raises
    ------
    ModelError
        If it, or anything in the folder, is not a regular file, or all together are too large; or if a folder (only
        models are folders) has a link to another folder, whose files would be missed.
    """
    files = list_files(path, MAX_MODEL, ModelError)
    if files == [path]:
        return _digest(path)
    lines = [
        f"{_digest(path / name)}  {name}\n" for name in sorted(file.relative_to(path).as_posix() for file in files)
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
