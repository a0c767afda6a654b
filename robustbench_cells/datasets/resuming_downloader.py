"""HTTP downloads that resume after an interruption, which pooch does not do by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from robustbench_cells.errors import DownloadError
from robustbench_cells.files.atomic import write_text
from robustbench_cells.files.reading import read_text

if TYPE_CHECKING:
    from requests import Response

_CHUNK = 2**15  # bytes; the most that is downloaded twice
_MAX_TAG = 2**14  # bytes of an address and an ETag
_TIMEOUT = 30  # seconds without a byte
_PARTIAL, _RANGE_NOT_SATISFIABLE = 206, 416


class ResumingDownloader:
    """A ``downloader`` for pooch that keeps a partial file after a failure.

    The next call asks the server for the rest if its file has not changed. It starts again if the server does not
    support ranges, or gave no strong validator (ETag) of the file's version.

    Parameters
    ----------
    part
        Path of the partial file; a file with ``.tag`` added stores its address and ETag.
    max_bytes
        Limit on the size of the whole file.
    on_progress
        Callback that receives the bytes downloaded so far and in total (None if the server does not say).
    """

    def __init__(
        self, part: Path, max_bytes: int, on_progress: Callable[[int, int | None], None] = lambda done, total: None
    ) -> None:
        self.part = part
        self.max_bytes = max_bytes
        self.on_progress = on_progress
        self._tag = part.with_name(f"{part.name}.tag")

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        """Download ``url`` to ``output_file``, which appears only once it is complete.

        Raises
        ------
        DownloadError
            If the server cannot be reached, has no such file, breaks off, or sends too much.
        """
        import requests

        try:
            self._fetch(url)
        except requests.RequestException as error:
            remedy = "run the same command again"
            if done := self.part.stat().st_size if self.part.is_file() else 0:
                effect = "resumes there" if self._read_tag(url) else "starts again"
                remedy = f"{done} bytes are kept in {self.part}, and the same command {effect}"
            raise DownloadError(f"{url}: the download failed ({error}); {remedy}") from error
        os.replace(self.part, output_file)
        self._tag.unlink(missing_ok=True)

    def _fetch(self, url: str) -> None:
        import requests

        tag = self._read_tag(url)
        done = self.part.stat().st_size if tag and self.part.is_file() else 0
        headers = {"Accept-Encoding": "identity"}  # the bytes as they are
        if done:
            headers |= {"Range": f"bytes={done}-", "If-Range": tag}
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            if done and response.status_code == _RANGE_NOT_SATISFIABLE:
                if response.headers.get("Content-Range") == f"bytes */{done}":
                    return  # the partial file was complete
                self._discard()
            else:
                self._receive(url, response, done)
                return
        self._fetch(url)

    def _receive(self, url: str, response: Response, done: int) -> None:
        import requests

        if not response.ok:
            raise DownloadError(
                f"{url}: the server answers {response.status_code} {response.reason}; check the address, or give "
                "another with --url"
            )
        if resumes := response.status_code == _PARTIAL:
            if _first_byte(response.headers) != done:
                raise DownloadError(f"{url}: the server sent another range than requested; try again later")
        else:
            done = 0
            self._write_tag(url, response.headers)
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        with self.part.open("ab" if resumes else "wb") as file:
            self._check_size(url, total or 0)
            for chunk in response.iter_content(_CHUNK):
                done += len(chunk)
                self._check_size(url, done)
                file.write(chunk)
                self.on_progress(done, total)
        if total is not None and done < total:
            raise requests.ConnectionError(f"{done} of {total} bytes arrived")

    def _check_size(self, url: str, size: int) -> None:
        if size > self.max_bytes:
            self._discard()
            raise DownloadError(
                f"{url}: has {size} bytes or more, above the {self.max_bytes} allowed; check the address"
            )

    def _write_tag(self, url: str, headers: Mapping[str, str]) -> None:
        tag = headers.get("ETag", "")
        write_text(self._tag, f"{url}\n{'' if tag.startswith('W/') else tag}")  # a weak ETag cannot validate a range

    def _read_tag(self, url: str) -> str:
        """Read the ETag of the partial file; empty if it has none, or comes from another address."""
        if not self._tag.exists():
            return ""
        address, _, tag = read_text(self._tag, _MAX_TAG, DownloadError).partition("\n")
        return tag if address == url else ""

    def _discard(self) -> None:
        self.part.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)


def _first_byte(headers: Mapping[str, str]) -> int | None:
    found = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return int(found[1]) if found else None
