"""Files over HTTP, going on where a transfer broke off, which is what pooch does not do by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from robustbench_cells.errors import DownloadError
from robustbench_cells.files.atomic import write_text

if TYPE_CHECKING:
    from requests import Response

_CHUNK = 2**15  # bytes; no more than these are fetched again
_TIMEOUT = 30  # seconds without a byte
_PARTIAL, _NO_SUCH_RANGE = 206, 416


class ResumingDownloader:
    """For pooch's ``downloader``: what has arrived outlives a failure, in a file of its own.

    The next call asks the server for the rest, if its file is still the same; a server that does not know how sends
    the whole, and so it starts again. So it does where the server gave no strong mark of its version (an ETag).

    Parameters
    ----------
    part
        Where to keep what has arrived. A file with ``.tag`` added keeps its address and the server's mark of its
        version.
    most_bytes
        That the whole file may have.
    announce
        Called with the bytes there are, and those of the whole or None if the server does not say.
    """

    def __init__(
        self, part: Path, most_bytes: int, announce: Callable[[int, int | None], None] = lambda done, whole: None
    ) -> None:
        self.part = part
        self.most_bytes = most_bytes
        self.announce = announce
        self._tag = part.with_name(f"{part.name}.tag")

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        """Fetch ``url`` into ``output_file``, which is then whole.

        Raises
        ------
        DownloadError
            If the server cannot be reached, has no such file, breaks off, or sends too much.
        """
        import requests

        try:
            self._fetch(url)
        except requests.RequestException as error:
            follows = "run the same command again"
            if there := self.part.stat().st_size if self.part.is_file() else 0:
                goes_on = "goes on from there" if self._tag_of(url) else "starts again"
                follows = f"{there} bytes are kept in {self.part}, and the same command {goes_on}"
            raise DownloadError(f"{url}: the transfer failed ({error}); {follows}") from error
        os.replace(self.part, output_file)
        self._tag.unlink(missing_ok=True)

    def _fetch(self, url: str) -> None:
        import requests

        tag = self._tag_of(url)
        there = self.part.stat().st_size if tag and self.part.is_file() else 0
        wanted = {"Accept-Encoding": "identity"}  # the bytes as they are
        if there:
            wanted |= {"Range": f"bytes={there}-", "If-Range": tag}
        with requests.get(url, headers=wanted, stream=True, timeout=_TIMEOUT) as answer:
            if there and answer.status_code == _NO_SUCH_RANGE:
                if answer.headers.get("Content-Range") == f"bytes */{there}":
                    return  # it was whole
                self._forget()
            else:
                self._receive(url, answer, there)
                return
        self._fetch(url)

    def _receive(self, url: str, answer: Response, there: int) -> None:
        import requests

        if not answer.ok:
            raise DownloadError(
                f"{url}: the server answers {answer.status_code} {answer.reason}; is that the address?"
                " --url gives another"
            )
        if goes_on := answer.status_code == _PARTIAL:
            if _first_byte(answer.headers) != there:
                raise DownloadError(f"{url}: the server sends another part than it was asked for; try again later")
        else:
            there = 0
            self._remember(url, answer.headers)
        length = answer.headers.get("Content-Length", "")
        whole = there + int(length) if length.isdecimal() else None
        with self.part.open("ab" if goes_on else "wb") as file:
            self._check_size(url, whole or 0)
            for chunk in answer.iter_content(_CHUNK):
                there += len(chunk)
                self._check_size(url, there)
                file.write(chunk)
                self.announce(there, whole)
        if whole is not None and there < whole:
            raise requests.ConnectionError(f"{there} of {whole} bytes arrived")

    def _check_size(self, url: str, size: int) -> None:
        if size > self.most_bytes:
            self._forget()
            raise DownloadError(
                f"{url}: has {size} bytes or more, and {self.most_bytes} are allowed; is that the file?"
            )

    def _remember(self, url: str, headers: Mapping[str, str]) -> None:
        tag = headers.get("ETag", "")
        write_text(self._tag, f"{url}\n{'' if tag.startswith('W/') else tag}")  # a weak tag may not ask for a part

    def _tag_of(self, url: str) -> str:
        """What marks the version that the part is of; empty if nothing does, or it is not of this address."""
        if not self._tag.is_file():
            return ""
        address, _, tag = self._tag.read_text(encoding="utf-8").partition("\n")
        return tag if address == url else ""

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)


def _first_byte(headers: Mapping[str, str]) -> int | None:
    found = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return int(found[1]) if found else None
