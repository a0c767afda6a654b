"""The one rule for what is read: a regular file of limited size. A FIFO blocks for ever, and a device never ends."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from robustbench_cells.errors import RobustbenchError

UNLIMITED = sys.maxsize  # for a file of which a part at a time is read
MAX_MODEL = 8 * 2**30  # bytes of a model with all its files; formats that are data have tighter limits

_MAX_FILES = 10_000  # in a folder that is one model
_KINDS = {
    stat.S_IFIFO: "a named pipe (FIFO)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def require_file(path: Path, max_bytes: int, error: type[RobustbenchError]) -> int:
    """Check that a path, links followed, leads to a regular file of limited size, without opening it.

    Whatever opens a file calls this first, also where a library does the reading.

    Parameters
    ----------
    path
        Path of the file.
    max_bytes
        Limit on its size; `UNLIMITED` only where no more than a part of it is in memory at a time.
    error
        Type of the error to raise.

    Returns
    -------
    int
        Its size in bytes.

    Raises
    ------
    RobustbenchError
        Of the given type, if there is no such file, it is anything else (a FIFO, a device, a socket, a folder), or it
        is too large.
    """
    status = _stat(path, error)
    if not stat.S_ISREG(status.st_mode):
        raise error(f"{path}: is {_describe(path, status)}, not a file; give a regular file")
    if status.st_size > max_bytes:
        raise error(f"{path}: has {status.st_size} bytes, more than the {max_bytes} allowed; is it the right file?")
    return status.st_size


def read_bytes(path: Path, max_bytes: int, error: type[RobustbenchError]) -> bytes:
    """Read a regular file of limited size; see `require_file`."""
    size = require_file(path, max_bytes, error)
    try:
        with path.open("rb") as file:
            return file.read(size)  # and no more, should it grow
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror}); check its permissions") from problem


def read_text(path: Path, max_bytes: int, error: type[RobustbenchError]) -> str:
    """Read a regular file of limited size as UTF-8, whatever its line ends; see `require_file`.

    Raises
    ------
    UnicodeDecodeError
        A `ValueError`, if it is not UTF-8.
    """
    text = read_bytes(path, max_bytes, error).decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def list_files(path: Path, max_bytes: int, error: type[RobustbenchError]) -> list[Path]:
    """List all files of a model that is a file or a folder, after checking that nothing else is in it.

    Parameters
    ----------
    path
        Path of the file or folder.
    max_bytes
        Limit on the size of all files together.
    error
        Type of the error to raise.

    Returns
    -------
    list of pathlib.Path
        The file itself, or the files in the folder and below it, in no particular order. Links to files are among
        them, and links to nothing are not.

    Raises
    ------
    RobustbenchError
        Of the given type, as by `require_file` for each file and for all together; and if the folder has a link to
        another folder, whose files would be missed, or too many files.
    """
    if not stat.S_ISDIR(_stat(path, error).st_mode):
        require_file(path, max_bytes, error)
        return [path]
    files, left = [], max_bytes
    for count, part in enumerate(path.rglob("*")):
        if count == _MAX_FILES:
            raise error(f"{path}: has more than the {_MAX_FILES} files allowed; is it the right folder?")
        if part.is_dir():
            if part.is_symlink():
                raise error(f"{part}: is a link to a folder; replace it by a copy of that folder")
        elif part.exists():
            left -= require_file(part, UNLIMITED, error)
            files.append(part)
        if left < 0:
            raise error(f"{path}: its files have more than the {max_bytes} bytes allowed; is it the right folder?")
    return files


def _stat(path: Path, error: type[RobustbenchError]) -> os.stat_result:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as problem:  # a ValueError for a NUL in its name
        raise error(f"{path}: no such file") from problem
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror}); check its permissions") from problem


def _describe(path: Path, status: os.stat_result) -> str:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something unknown")
    return f"a link to {kind}" if path.is_symlink() else kind
