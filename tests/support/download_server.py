"""A local HTTP server that offers one zip file, with the failures of real transfers."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue

from tests.support.commands import data

NAME = "phc-c2dl-psc"
FOLDER = "PhC-C2DL-PSC"


class Server(ThreadingHTTPServer):
    """A server of one zip file.

    Attributes
    ----------
    content
        Bytes of the file.
    breaks_off
        Number of bytes after which a response breaks off; None for never.
    supports_range
        Whether ranges are served.
    tag
        ETag of the file, or empty.
    requested_ranges
        Header ``Range`` of each request so far.
    interrupts
        Queue with a process to interrupt once a part has been sent; the rest is never sent.
    url
        Address of the file.
    """

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.breaks_off: int | None = None
        self.supports_range = True
        self.tag = '"1"'
        self.requested_ranges: list[str | None] = []
        self.interrupts: SimpleQueue[subprocess.Popen[str]] | None = None
        self.url = f"http://127.0.0.1:{self.server_port}/set.zip"


class Handler(BaseHTTPRequestHandler):
    """Handler of the server's requests."""

    server: Server

    def do_GET(self) -> None:
        content, requested = self.server.content, self.headers.get("Range")
        self.server.requested_ranges.append(requested)
        if not self.path.endswith("set.zip"):
            self.send_error(404)
            return
        start = 0
        unchanged = self.headers.get("If-Range", self.server.tag) == self.server.tag
        if requested and self.server.supports_range and unchanged:
            start = int(re.findall(r"\d+", requested)[0])
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if self.server.tag:
            self.send_header("ETag", self.server.tag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = self.server.breaks_off or len(content)
        self.wfile.write(content[start : start + stop])
        if self.server.interrupts:
            process = self.server.interrupts.get()
            process.send_signal(signal.SIGINT)
            process.wait()

    def log_message(self, *arguments: object) -> None:
        pass


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """Pack files into a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def run_download(server: Server, to: Path, *arguments: str) -> int:
    """Run the command ``data download`` on the server's file; returns the exit code."""
    return data(["download", NAME, "--to", str(to), "--url", server.url, *arguments])


def file_names(folder: Path) -> list[str]:
    """List the names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())
