"""Download of public data sets: fetch, verify, unpack."""

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
from robustbench_cells.files.reading import read_bytes

_MAX_RECORD = 2**10  # bytes of a stored checksum
_SECONDS_BETWEEN_LINES = 20  # of progress, without a terminal


def download(public_set: PublicSet, to: Path, *, url: str | None = None, checksum: str | None = None) -> Path:
    """Download and unpack a data set, unless its folder exists.

    Parameters
    ----------
    public_set
        Entry of the catalogue.
    to
        Folder to put the data set's folder in; a file ending in ``.sha256`` beside it records the checksum.
    url
        Address of the zip file, if not that of the catalogue.
    checksum
        Expected SHA-256 of the zip file, in hexadecimal.

    Returns
    -------
    pathlib.Path
        Folder of the data set, which appears only once it is complete.

    Raises
    ------
    DownloadError
        If the zip file cannot be downloaded or has another checksum; it is then quarantined under a name ending in
        ``.refused``.
    ArchiveError
        If the zip file must not be unpacked; it is quarantined likewise.
    """
    if checksum is not None and not re.fullmatch("[0-9a-fA-F]{64}", checksum):
        raise DownloadError(f"SHA-256 {checksum!r}: must be 64 hexadecimal digits")
    folder, packed, record = (to / f"{public_set.folder}{suffix}" for suffix in ("", ".zip", ".sha256"))
    recorded = ""
    if record.exists():
        recorded = read_bytes(record, _MAX_RECORD, DownloadError).decode(errors="replace").partition(" ")[0]
    expected = (checksum or public_set.sha256 or recorded).lower()
    if folder.exists():
        existing = f"SHA-256 {recorded or 'unknown'}"
        if checksum and expected != recorded:
            raise DownloadError(
                f"{folder}: already exists with {existing}, not {expected}; remove the folder to download it again"
            )
        print(f"{folder} already exists ({existing}); remove the folder to download it again")
        return folder
    _fetch(url or public_set.url, packed, public_set.max_bytes)
    found = sha256(packed)
    print(f"SHA-256 of {packed.name}: {found}")
    if expected and found != expected:
        raise DownloadError(
            f"{_quarantine(packed)}: has SHA-256 {found}, but {expected} is expected"
            + (
                f" by {record}; if the providers have replaced their file, remove {record.name}"
                if expected == recorded
                else "; it is damaged, or another file"
            )
        )
    if not expected:
        print(f"No checksum was known for it: this one is recorded in {record}, and later downloads must match it.")
    try:
        with _show_progress("unpacking") as on_progress:
            unpack(
                packed,
                folder,
                max_bytes=public_set.max_bytes,
                max_files=public_set.max_files,
                top=public_set.folder,
                on_progress=on_progress,
            )
    except ArchiveError as error:
        raise ArchiveError(f"{error}. The file was moved to {_quarantine(packed)}") from error
    write_text(record, f"{found}  {packed.name}\n")
    packed.unlink()
    return folder


def _fetch(url: str, packed: Path, max_bytes: int) -> None:
    import pooch

    pooch.get_logger().setLevel("WARNING")  # progress and checksum are printed here
    with _remove_empty_folders(packed.parent), _show_progress("downloading") as on_progress:
        downloader = ResumingDownloader(packed.with_name(f"{packed.name}.part"), max_bytes, on_progress)
        pooch.retrieve(url, known_hash=None, fname=packed.name, path=packed.parent, downloader=downloader)


def _quarantine(packed: Path) -> Path:
    return packed.replace(packed.with_name(f"{packed.name}.refused"))


@contextmanager
def _remove_empty_folders(folder: Path) -> Iterator[None]:
    """Remove ``folder`` and its parents afterwards, as far as they are new and empty."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    finally:
        with suppress(OSError):  # a folder with content stays
            for path in new:
                path.rmdir()


@contextmanager
def _show_progress(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on a terminal, or a line from time to time elsewhere."""
    from tqdm import tqdm

    pause = 0.1 if sys.stderr.isatty() else _SECONDS_BETWEEN_LINES
    with tqdm(desc=what, unit="B", unit_scale=True, unit_divisor=1024, mininterval=pause, maxinterval=pause) as bar:

        def on_progress(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield on_progress
