"""SHA-256 of files and folders."""

from __future__ import annotations

import hashlib
from pathlib import Path

from robustbench_cells.errors import ModelError


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, or of the names and contents of all files in a folder, in hexadecimal.

    Links to files are followed.

    Raises
    ------
    ModelError
        If a folder (only models are folders) has a link to another folder, whose files would be missed.
    """
    if path.is_dir():
        parts = list(path.rglob("*"))
        if linked := [part for part in parts if part.is_symlink() and part.is_dir()]:
            raise ModelError(f"{linked[0]}: is a link to a folder; replace it by a copy of that folder")
        inside = sorted(part.relative_to(path).as_posix() for part in parts if part.is_file())
        lines = "".join(f"{sha256(path / name)}  {name}\n" for name in inside)
        return hashlib.sha256(lines.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
