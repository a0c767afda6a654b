"""``python -m robustbench_cells data``: public data sets, fetched, checked and unpacked."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from robustbench_cells.datasets.catalogue import PublicSet
from robustbench_cells.datasets.resuming_downloader import ResumingDownloader
from robustbench_cells.errors import ArchiveError, DownloadError
from robustbench_cells.files.archives import unpack
from robustbench_cells.files.atomic import write_text
from robustbench_cells.files.checksums import sha256

_SECONDS_BETWEEN_LINES = 20  # of progress, where no terminal is


def download(offer: PublicSet, to: Path, *, url: str | None = None, checksum: str | None = None) -> Path:
    """Fetch a data set, unless it is there, and unpack it.

    Parameters
    ----------
    offer
        Of the catalogue.
    to
        Where its folder is to lie; the checksum that was found is kept beside it in a file ending in ``.sha256``.
    url
        In place of the catalogue's.
    checksum
        SHA-256 that the zip file must have, in hexadecimal.

    Returns
    -------
    pathlib.Path
        The folder of the data set. It is there only when it is whole.

    Raises
    ------
    DownloadError
        If the zip file cannot be fetched or has another checksum; it is then set aside under a name ending in
        ``.refused``.
    ArchiveError
        If it must not be unpacked; it is set aside likewise.
    """
    if checksum is not None and not re.fullmatch("[0-9a-fA-F]{64}", checksum):
        raise DownloadError(f"SHA-256 {checksum!r}: 64 hexadecimal digits are needed")
    folder, packed, record = (to / f"{offer.folder}{suffix}" for suffix in ("", ".zip", ".sha256"))
    recorded = record.read_text(encoding="utf-8", errors="replace").partition(" ")[0] if record.is_file() else ""
    expected = (checksum or offer.sha256 or recorded).lower()
    if folder.exists():
        if checksum and expected != recorded:
            raise DownloadError(
                f"{folder}: is there already, of SHA-256 {recorded or 'unknown'} and not {expected}; remove the folder "
                "to fetch it again"
            )
        print(f"{folder} is there already, of SHA-256 {recorded or 'unknown'}; remove the folder to fetch it again")
        return folder
    _fetch(url or offer.url, packed, offer.most_bytes)
    found = sha256(packed)
    print(f"SHA-256 of {packed.name}: {found}")
    if expected and found != expected:
        raise DownloadError(
            f"{_set_aside(packed)}: has the SHA-256 {found}, and {expected} is expected"
            + (
                f" by {record}; if the providers have replaced their file, remove {record.name}"
                if expected == recorded
                else "; it is damaged, or another file"
            )
        )
    if not expected:
        print(f"Nobody has told its checksum before: this one is kept in {record}, and a later download must match it.")
    try:
        with _progress("unpacking") as announce:
            unpack(
                packed,
                folder,
                most_bytes=offer.most_bytes,
                most_files=offer.most_files,
                top=offer.folder,
                announce=announce,
            )
    except ArchiveError as error:
        raise ArchiveError(f"{error}. The file is now {_set_aside(packed)}") from error
    write_text(record, f"{found}  {packed.name}\n")
    packed.unlink()
    return folder


def _fetch(url: str, packed: Path, most_bytes: int) -> None:
    import pooch

    pooch.get_logger().setLevel("WARNING")  # what it would say is said here
    with _no_empty_folder(packed.parent), _progress("fetching") as announce:
        downloader = ResumingDownloader(packed.with_name(f"{packed.name}.part"), most_bytes, announce)
        pooch.retrieve(url, known_hash=None, fname=packed.name, path=packed.parent, downloader=downloader)


def _set_aside(packed: Path) -> Path:
    return packed.replace(packed.with_name(f"{packed.name}.refused"))


@contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Of a folder that is made meanwhile, and of those above it, none stays if nothing came into it."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        yield
    finally:
        with suppress(OSError):  # what is not empty stays
            for one in new:
                one.rmdir()


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on a terminal, a line now and then elsewhere."""
    from tqdm import tqdm

    pause = 0.1 if sys.stderr.isatty() else _SECONDS_BETWEEN_LINES
    with tqdm(desc=what, unit="B", unit_scale=True, unit_divisor=1024, mininterval=pause, maxinterval=pause) as bar:

        def announce(done: int, whole: int | None) -> None:
            bar.total = whole
            bar.update(done - bar.n)

        yield announce
