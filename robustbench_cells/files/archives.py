"""Zip archives of strangers: looked through before anything is unpacked, and unpacked whole or not at all."""

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

_CHUNK = 2**16  # bytes; less than the bound on what is read at once, see `_Bounded`
_NAME = 255  # bytes of a file's name with its folders
_ENTRY = 512  # bytes of the archive's directory for one file: what a long name needs, and some more
_END = 2**17  # bytes: the archive's end, where its directory is looked up, comment included
_ENCRYPTED = 0x1 | 0x40  # the flags' bits for weak and strong encryption
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # bzip2 and lzma may ask for much memory, and nobody needs them
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, OverflowError, RuntimeError,
    ValueError,
)  # fmt: skip


def check_archive(path: Path, *, most_bytes: int, most_files: int) -> dict[str, int]:
    """Look through the directory of a zip file; nothing is unpacked.

    Parameters
    ----------
    path
        The zip file.
    most_bytes
        That its files may have together when they are unpacked, as the archive declares it (and `unpack` holds it to).
    most_files
        Files and folders that it may hold.

    Returns
    -------
    dict
        Bytes of each file by its name in the archive, folders left out.

    Raises
    ------
    ArchiveError
        If it is no zip file or damaged, larger than allowed, encrypted or compressed in an unusual way; or holds
        anything but files and folders (a link, a device), a name twice, or a name that leads out of a folder.
    """
    with _opened(path, most_files) as archive:
        _check(path, archive, most_bytes, most_files)
        return {entry.filename: entry.file_size for entry in archive.infolist() if not entry.is_dir()}


def unpack(
    path: Path,
    folder: Path,
    *,
    most_bytes: int,
    most_files: int,
    top: str = "",
    announce: Callable[[int, int], None] = lambda done, whole: None,
) -> None:
    """Unpack a zip file into a folder that is not there yet; it is there once everything is in it.

    Parameters
    ----------
    path, most_bytes, most_files
        See `check_archive`, which is done first.
    folder
        To make. The files are written to a hidden folder beside it, which then takes this name.
    top
        Folder of the archive whose content is wanted; what lies outside is left out.
    announce
        Called with the bytes that are unpacked so far, and those of the whole.

    Raises
    ------
    ArchiveError
        As `check_archive`, and if ``folder`` is there, nothing lies in ``top``, or a file is not what the archive
        declares. ``folder`` is then not made.
    """
    if folder.exists():
        raise ArchiveError(f"{folder}: is there already; remove it or choose another place")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path, most_files) as archive:
        _check(path, archive, most_bytes, most_files)
        root = PurePosixPath(top)
        wanted = {
            entry: PurePosixPath(entry.filename).relative_to(root)
            for entry in archive.infolist()
            if not entry.is_dir() and PurePosixPath(entry.filename).is_relative_to(root)
        }
        if not wanted:
            raise ArchiveError(f"{path}: holds no file{f' in a folder {top}' if top else ''}; is it another archive?")
        done, whole = 0, sum(entry.file_size for entry in wanted)
        hidden = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            for entry, name in wanted.items():
                (hidden / name).parent.mkdir(parents=True, exist_ok=True)
                with (hidden / name).open("xb") as file:
                    for chunk in _chunks(path, archive, entry):
                        file.write(chunk)
                        done += len(chunk)
                        announce(done, whole)
                    file.flush()
                    os.fsync(file.fileno())
            hidden.chmod(0o755)
            hidden.rename(folder)
        finally:
            shutil.rmtree(hidden, ignore_errors=True)


class _Bounded(io.FileIO):
    """A file of which no more than ``most`` bytes are read at once: zipfile reads a directory of any size whole."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path)
        self.most = most

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.most:
            raise ArchiveError(f"{self.name}: its directory has {size} bytes, more than the {self.most} allowed")
        return super().read(size) or b""


@contextmanager
def _opened(path: Path, most_files: int) -> Iterator[zipfile.ZipFile]:
    with _translate_errors(path):
        file = _Bounded(path, _END + most_files * _ENTRY)
    with file:
        with _translate_errors(path):
            archive = zipfile.ZipFile(file)
        yield archive


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise ArchiveError(f"{path}: cannot be read as a zip file ({error}); get it again") from error


def _check(path: Path, archive: zipfile.ZipFile, most_bytes: int, most_files: int) -> None:
    entries = archive.infolist()
    if len(entries) > most_files:
        raise ArchiveError(f"{path}: holds {len(entries)} files, more than the {most_files} allowed")
    if (whole := sum(entry.file_size for entry in entries)) > most_bytes:
        raise ArchiveError(f"{path}: has {whole} bytes when unpacked, more than the {most_bytes} allowed")
    kinds: dict[PurePosixPath, bool] = {}  # whether a name is that of a folder
    for entry in entries:
        name = entry.filename
        for given in {name, entry.orig_filename}:  # some archives name a file twice, in two encodings
            if wrong := _wrong(given, entry):
                raise ArchiveError(f"{path}: its file {given[:_NAME]!r} {wrong}; such an archive is not unpacked")
        place = PurePosixPath(_as_any_disk_sees_it(name))
        if place in kinds:
            raise ArchiveError(f"{path}: holds {name!r} twice (or but for capitals); such an archive is not unpacked")
        kinds[place] = entry.is_dir()
    for place in kinds:
        if any(not kinds.get(parent, True) for parent in place.parents):
            raise ArchiveError(f"{path}: holds {str(place)!r} in what is a file; such an archive is not unpacked")


def _wrong(name: str, entry: zipfile.ZipInfo) -> str:
    """What forbids an entry of this name; nothing if it may be unpacked."""
    kind, parts = stat.S_IFMT(entry.external_attr >> 16), name.removesuffix("/").split("/")
    wrong = {
        "has an absolute name": PureWindowsPath(name).anchor or PurePosixPath(name).is_absolute(),
        "has a name that may lead out of the folder": ".." in parts or "\\" in name,
        "has a name that no file should have": {"", "."} & set(parts)
        or not name.isprintable()
        or len(name.encode()) > _NAME,
        "is a link or a device": kind not in (0, stat.S_IFREG, stat.S_IFDIR),
        "is encrypted": entry.flag_bits & _ENCRYPTED,
        "is compressed in an unusual way (only deflate is read)": entry.compress_type not in _METHODS,
        "is a folder with content": name.endswith("/") and entry.file_size,
    }
    return next((words for words, is_so in wrong.items() if is_so), "")


def _as_any_disk_sees_it(name: str) -> str:
    """Names that some file systems take for one another become one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _chunks(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """A file's content; zipfile itself stops at the declared size and compares the checksum."""
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
        raise ArchiveError(f"{path}: its file {entry.filename!r} is {left} bytes shorter than declared; get it again")
