"""Untrusted zip archives: validated before anything is unpacked, and unpacked completely or not at all."""

from __future__ import annotations

import io
import os
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from robustbench_cells.errors import ArchiveError
from robustbench_cells.files.reading import UNLIMITED, require_file

_CHUNK = 2**16  # bytes; must stay below the limit of `_BoundedFile`
_MAX_NAME = 255  # bytes of a file's path in the archive
_ENTRY = 512  # bytes of the central directory for one file: enough for a long name
_END = 2**17  # bytes: the end of the archive, where its directory is found, comment included
_ENCRYPTED = 0x1 | 0x40  # flag bits of weak and strong encryption
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # bzip2 and lzma can demand much memory, and are not needed
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, OverflowError, RuntimeError,
    ValueError,
)  # fmt: skip


def check_archive(path: Path, *, max_bytes: int, max_files: int) -> dict[str, int]:
    """Validate the directory of a zip file; nothing is unpacked.

    Parameters
    ----------
    path
        Path of the zip file.
    max_bytes
        Limit on the total unpacked size that the archive declares (`unpack` enforces it on the content).
    max_files
        Limit on the number of files and folders.

    Returns
    -------
    dict
        Size in bytes of each file, by its name in the archive; folders are left out.

    Raises
    ------
    ArchiveError
        If it is no zip file, is damaged, exceeds a limit, is encrypted or uses an unsupported compression; or if it
        has anything but files and folders (a link, a device), a duplicate name, or a path that leaves the folder.
    """
    with _open_archive(path, max_files) as archive:
        _check(path, archive, max_bytes, max_files)
        return {entry.filename: entry.file_size for entry in archive.infolist() if not entry.is_dir()}


def unpack(
    path: Path,
    folder: Path,
    *,
    max_bytes: int,
    max_files: int,
    top: str = "",
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Unpack a zip file into a new folder, which appears only once it is complete.

    Parameters
    ----------
    path, max_bytes, max_files
        See `check_archive`, which runs first.
    folder
        Folder to create. The files are written to a hidden folder beside it, which is then renamed.
    top
        Folder of the archive to unpack; everything outside it is skipped.
    on_progress
        Callback that receives the bytes unpacked so far and in total.

    Raises
    ------
    ArchiveError
        As `check_archive`, and if ``folder`` exists, ``top`` has no files, or a file is not what the archive declares.
        ``folder`` is then not created.
    """
    if folder.exists():
        raise ArchiveError(f"{folder}: already exists; remove it or choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _open_archive(path, max_files) as archive:
        _check(path, archive, max_bytes, max_files)
        root = PurePosixPath(top)
        wanted = {
            entry: PurePosixPath(entry.filename).relative_to(root)
            for entry in archive.infolist()
            if not entry.is_dir() and PurePosixPath(entry.filename).is_relative_to(root)
        }
        if not wanted:
            raise ArchiveError(f"{path}: has no files{f' in a folder {top}' if top else ''}; is it the right archive?")
        done, total = 0, sum(entry.file_size for entry in wanted)
        staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            for entry, name in wanted.items():
                (staging / name).parent.mkdir(parents=True, exist_ok=True)
                with (staging / name).open("xb") as file:
                    for chunk in _read_chunks(path, archive, entry):
                        file.write(chunk)
                        done += len(chunk)
                        on_progress(done, total)
                    file.flush()
                    os.fsync(file.fileno())
            staging.chmod(0o755)
            staging.rename(folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


class _BoundedFile(io.FileIO):
    """A file with a limit on each read: zipfile reads the whole directory at once, whatever its size."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(path)
        self.limit = limit

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.limit:
            raise ArchiveError(f"{self.name}: its directory has {size} bytes, more than the {self.limit} allowed")
        return super().read(size) or b""


@contextmanager
def _open_archive(path: Path, max_files: int) -> Iterator[zipfile.ZipFile]:
    require_file(path, UNLIMITED, ArchiveError)
    with _translate_errors(path):
        file = _BoundedFile(path, _END + max_files * _ENTRY)
    with file:
        with _translate_errors(path):
            archive = zipfile.ZipFile(file)
        yield archive


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise ArchiveError(f"{path}: cannot be read as a zip file ({error}); get a fresh copy") from error


def _check(path: Path, archive: zipfile.ZipFile, max_bytes: int, max_files: int) -> None:
    entries = archive.infolist()
    if len(entries) > max_files:
        raise ArchiveError(f"{path}: has {len(entries)} files, more than the {max_files} allowed")
    if (total := sum(entry.file_size for entry in entries)) > max_bytes:
        raise ArchiveError(f"{path}: unpacks to {total} bytes, more than the {max_bytes} allowed")
    is_folder: dict[PurePosixPath, bool] = {}
    for entry in entries:
        name = entry.filename
        for given in {name, entry.orig_filename}:  # an archive can give one file two names, in two encodings
            if problem := _find_problem(given, entry):
                raise ArchiveError(f"{path}: its file {given[:_MAX_NAME]!r} {problem}; such an archive is refused")
        place = PurePosixPath(_fold(name))
        if place in is_folder:
            raise ArchiveError(f"{path}: has a duplicate file {name!r} (ignoring case); such an archive is refused")
        is_folder[place] = entry.is_dir()
    for place in is_folder:
        if any(not is_folder.get(parent, True) for parent in place.parents):
            raise ArchiveError(f"{path}: has {str(place)!r} below a file; such an archive is refused")


def _find_problem(name: str, entry: zipfile.ZipInfo) -> str:
    """Say why an entry of this name must not be unpacked; empty if it may."""
    kind, parts = stat.S_IFMT(entry.external_attr >> 16), name.removesuffix("/").split("/")
    problems = {
        "has an absolute path": PureWindowsPath(name).anchor or PurePosixPath(name).is_absolute(),
        "has a path that may leave the folder": ".." in parts or "\\" in name,
        "has an invalid name": {"", "."} & set(parts) or not name.isprintable() or len(name.encode()) > _MAX_NAME,
        "is a link or a device": kind not in (0, stat.S_IFREG, stat.S_IFDIR),
        "is encrypted": entry.flag_bits & _ENCRYPTED,
        "uses an unsupported compression (only deflate is read)": entry.compress_type not in _METHODS,
        "is a folder with content": name.endswith("/") and entry.file_size,
    }
    return next((problem for problem, found in problems.items() if found), "")


def _fold(name: str) -> str:
    """Map names that some file system treats as equal to one name."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _read_chunks(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Read a file; zipfile itself stops at the declared size and verifies the checksum."""
    left = entry.file_size
    with _translate_errors(path):
        file = archive.open(entry)
    with file:
        while True:
            with _translate_errors(path):
                chunk = file.read(_CHUNK)
            if not chunk:
                break
            left -= len(chunk)
            yield chunk
    if left:
        raise ArchiveError(
            f"{path}: its file {entry.filename!r} is {left} bytes shorter than declared; get a fresh copy"
        )
