"""``python -m robustbench_cells data``: public data sets, fetched, checked and unpacked."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from robustbench_cells.datasets.catalogue import CATALOGUE, PublicSet
from robustbench_cells.datasets.resuming_downloader import ResumingDownloader
from robustbench_cells.errors import ArchiveError, DownloadError, RobustbenchError
from robustbench_cells.files.archives import unpack
from robustbench_cells.files.atomic import sha256, write_text

_SECONDS_BETWEEN_LINES = 20  # of progress, where no terminal is


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells data", description="Public data sets, fetched, checked and unpacked."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    fetch = commands.add_parser(
        "download",
        help="fetch a public data set and unpack it",
        description="Fetch a public data set and unpack it. Broken off or stopped at any moment, the same command goes "
        "on where it was. What is fetched is compared with the SHA-256 that is demanded, else with the one that the "
        "catalogue knows, else with that of the first download, which is kept beside the data.",
        epilog="Example: python -m robustbench_cells data download phc-c2dl-psc --to data",
    )
    fetch.add_argument("name", help=f"of the data set: {', '.join(CATALOGUE.names())}")
    fetch.add_argument("--to", type=Path, default=Path("data"), metavar="DIR", help="folder for it (default: data)")
    fetch.add_argument("--sha256", metavar="HEX", help="the checksum that its zip file must have")
    fetch.add_argument("--url", help="another address of the zip file, for example a mirror's")
    options = parser.parse_args(arguments)
    try:
        offer = CATALOGUE.get(options.name)
        print(f"{offer.folder}, provided by {offer.provider}\nCite: {offer.citation}\nTerms: {offer.terms}\n")
        folder = download(offer, options.to, url=options.url, checksum=options.sha256)
        print(
            f"Next: run pytest on your benchmark with --rb-dataset {shlex.quote(str(folder))} --rb-split {offer.split}"
        )
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 130
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
