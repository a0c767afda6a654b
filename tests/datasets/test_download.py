"""Public data sets from a real server on this machine, with everything that a transfer can do wrong."""

from __future__ import annotations

import io
import re
import signal
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest

from robustbench_cells.datasets.catalogue import CATALOGUE
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.files.archives import check_archive
from robustbench_cells.files.checksums import sha256
from tests.conftest import REPOSITORY, draw_labels
from tests.support.commands import data
from tests.support.frame_files import WRITERS

NAME = "phc-c2dl-psc"
FOLDER = "PhC-C2DL-PSC"


class Server(ThreadingHTTPServer):
    """One zip file, and how it is sent.

    Attributes
    ----------
    breaks_off
        After so many bytes of an answer; never if None.
    knows_range, tag
        Whether parts are sent, and the mark of the version, which may be empty.
    asked
        The header ``Range`` of each request so far.
    stops
        Brings a process to interrupt once a part has been sent; the rest is never sent.
    """

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.breaks_off: int | None = None
        self.knows_range = True
        self.tag = '"1"'
        self.asked: list[str | None] = []
        self.stops: SimpleQueue[subprocess.Popen[str]] | None = None
        self.url = f"http://127.0.0.1:{self.server_port}/set.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content, wanted = self.server.content, self.headers.get("Range")
        self.server.asked.append(wanted)
        if not self.path.endswith("set.zip"):
            self.send_error(404)
            return
        start = 0
        same = self.headers.get("If-Range", self.server.tag) == self.server.tag
        if wanted and self.server.knows_range and same:
            start = int(re.findall(r"\d+", wanted)[0])
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
        if self.server.stops:
            process = self.server.stops.get()
            process.send_signal(signal.SIGINT)
            process.wait()

    def log_message(self, *arguments: object) -> None:
        pass


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def made_up_set(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """As the challenge packs its own: two sequences with silver truth, and something beside the folder."""
    root = tmp_path_factory.mktemp("challenge")
    rng = np.random.default_rng(0)
    labels = np.stack([draw_labels((520, 530), seed, cells=60) for seed in (1, 2)]).astype(np.uint16)
    images = (np.where(labels > 0, 200, 90) + rng.integers(0, 40, labels.shape)).astype(np.uint8)
    WRITERS["cell_tracking_challenge"](root, images, labels)
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.tif")}
    files |= {name.replace("01", "02", 1): content for name, content in files.items()}
    return packed({f"{FOLDER}/{name}": content for name, content in files.items()} | {"__MACOSX/notes": b"none"})


@pytest.fixture
def server(made_up_set: bytes) -> Iterator[Server]:
    with Server(made_up_set) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def fetch(server: Server, to: Path, *arguments: str) -> int:
    return data(["download", NAME, "--to", str(to), "--url", server.url, *arguments])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    return " ".join((out + err).split())


def test_a_data_set_is_fetched_with_its_terms_and_the_next_command_works(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(server, tmp_path / "my data") == 0
    shown = capsys.readouterr().out
    for words in (CATALOGUE.get(NAME).citation, CATALOGUE.get(NAME).terms, CATALOGUE.get(NAME).provider):
        assert words in shown
    assert names(tmp_path / "my data") == [FOLDER, f"{FOLDER}.sha256"]
    (command,) = re.findall(r"^Next: run pytest on your benchmark with (.*)$", shown, re.MULTILINE)
    assert command == f"--rb-dataset '{tmp_path}/my data/{FOLDER}' --rb-split 02/ST"
    run = f"{sys.executable} -m pytest {REPOSITORY}/benchmarks/test_robustness.py {command} -k dog_otsu-clean"
    done = subprocess.run(run, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S602
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_failure_that_brought_nothing_leaves_no_folder(server: Server, tmp_path: Path) -> None:
    server.url += ".moved"
    (tmp_path / "mine").mkdir()
    for to in ("new", "new/deep", "mine", "mine/new"):
        assert fetch(server, tmp_path / to) == 2
    assert names(tmp_path) == ["mine"]
    assert names(tmp_path / "mine") == []


def test_the_first_checksum_is_kept_and_a_later_download_must_match_it(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(server, tmp_path) == 0
    record = tmp_path / f"{FOLDER}.sha256"
    digest = record.read_text().split()[0]
    assert record.read_text() == f"{digest}  {FOLDER}.zip\n"
    shown = said(capsys)
    assert f"SHA-256 of {FOLDER}.zip: {digest}" in shown
    assert "Nobody has told its checksum before" in shown

    assert fetch(server, tmp_path) == 0  # it is there: nothing is asked of the server
    assert len(server.asked) == 1
    assert "is there already" in said(capsys)
    assert fetch(server, tmp_path, "--sha256", "0" * 64) == 2
    assert f"of SHA-256 {digest} and not {'0' * 64}" in said(capsys)

    (tmp_path / FOLDER).rename(tmp_path / "moved")
    server.content = packed({f"{FOLDER}/01/t000.tif": b"another"})
    assert fetch(server, tmp_path) == 2
    shown = said(capsys)
    refused = tmp_path / f"{FOLDER}.zip.refused"
    assert f"{refused}: has the SHA-256 {sha256(refused)}, and {digest} is expected by {record}" in shown
    assert "if the providers have replaced their file, remove" in shown
    assert names(tmp_path) == sorted(["moved", record.name, refused.name])
    record.unlink()
    assert fetch(server, tmp_path) == 0


def test_a_checksum_may_be_demanded(
    server: Server, made_up_set: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sent").write_bytes(made_up_set)
    right = sha256(tmp_path / "sent")
    assert fetch(server, tmp_path / "a", "--sha256", "1" * 64) == 2
    assert f"has the SHA-256 {right}, and {'1' * 64} is expected; it is damaged" in said(capsys)
    assert names(tmp_path / "a") == [f"{FOLDER}.zip.refused"]
    assert fetch(server, tmp_path / "a", "--sha256", right.upper()) == 0
    assert "Nobody" not in said(capsys)
    assert fetch(server, tmp_path / "b", "--sha256", "12") == 2
    assert "SHA-256 '12': 64 hexadecimal digits are needed" in said(capsys)


def test_the_catalogue_s_checksum_is_held_to(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CATALOGUE.get(NAME), "sha256", "2" * 64)
    assert fetch(server, tmp_path) == 2
    assert f"and {'2' * 64} is expected" in said(capsys)


@pytest.mark.parametrize("knows_range", [True, False])
def test_a_transfer_that_broke_off_is_resumed(
    knows_range: bool, server: Server, made_up_set: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.breaks_off, server.knows_range = 150_000, knows_range
    assert fetch(server, tmp_path) == 2
    shown = said(capsys)
    assert "the transfer failed" in shown
    assert "the same command goes on from there" in shown
    part = tmp_path / f"{FOLDER}.zip.part"
    there = part.stat().st_size
    assert 0 < there <= 150_000
    assert part.read_bytes() == made_up_set[:there]
    assert names(tmp_path) == [part.name, f"{part.name}.tag"]
    server.breaks_off = None
    assert fetch(server, tmp_path) == 0
    assert server.asked == [None, f"bytes={there}-"]
    assert names(tmp_path) == [FOLDER, f"{FOLDER}.sha256"]
    open_dataset(str(tmp_path / FOLDER), "02/ST")


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start(server: Server, tmp_path: Path) -> None:
    server.breaks_off = 150_000
    assert fetch(server, tmp_path) == 2
    server.breaks_off, server.tag = None, '"2"'
    server.content = packed({f"{FOLDER}/01/t000.tif": b"another"})
    assert fetch(server, tmp_path) == 0
    assert (tmp_path / FOLDER / "01" / "t000.tif").read_bytes() == b"another"


@pytest.mark.parametrize("tag", ["", 'W/"1"'])
def test_a_file_without_a_strong_mark_is_fetched_from_the_start(
    tag: str, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.breaks_off, server.tag = 150_000, tag
    assert fetch(server, tmp_path) == 2
    assert "and the same command starts again" in said(capsys)
    server.breaks_off = None
    assert fetch(server, tmp_path) == 0
    assert server.asked == [None, None]


def test_a_part_that_is_whole_or_of_another_address(server: Server, made_up_set: bytes, tmp_path: Path) -> None:
    part = tmp_path / f"{FOLDER}.zip.part"
    for address, content in ((server.url, made_up_set), (server.url, made_up_set + b"more"), ("elsewhere", b"junk")):
        part.write_bytes(content)
        part.with_name(f"{part.name}.tag").write_text(f'{address}\n"1"')
        assert fetch(server, tmp_path) == 0
        open_dataset(str(tmp_path / FOLDER))
        (tmp_path / FOLDER).rename(tmp_path / f"done{len(server.asked)}")
    whole, more = (f"bytes={len(made_up_set) + extra}-" for extra in (0, 4))
    assert server.asked == [whole, more, None, None]


def test_an_interrupted_run_leaves_nothing_that_looks_whole_and_goes_on(server: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "robustbench_cells", "data", "download", NAME, "--to", str(tmp_path)]
    server.breaks_off, server.stops = 150_000, SimpleQueue()
    process = subprocess.Popen([*command, "--url", server.url], stderr=subprocess.PIPE, text=True)
    server.stops.put(process)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; the same command goes on where it was" in shown
    assert not {FOLDER, f"{FOLDER}.zip", f"{FOLDER}.sha256"} & set(names(tmp_path))
    server.stops = server.breaks_off = None
    assert fetch(server, tmp_path) == 0
    assert names(tmp_path) == [FOLDER, f"{FOLDER}.sha256"]


def lying(content: bytes) -> bytes:
    """The directory declares less than there is."""
    changed = bytearray(content)
    start = changed.rindex(b"PK\1\2") + 24
    changed[start : start + 4] = struct.pack("<I", 10)
    return bytes(changed)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packed({f"{FOLDER}/a": b"1", "../b": b"2"}), "its file '../b' has a name that may lead out of the folder"),
        (packed({f"{FOLDER}/a": b"1", "/b": b"2"}), "its file '/b' has an absolute name"),
        (packed({f"{FOLDER}/a": b"\0" * 2_000_000}), "has 2000000 bytes when unpacked, more than the 1000000 allowed"),
        (lying(packed({f"{FOLDER}/a": b"\0" * 2_000_000})), "cannot be read as a zip file (Bad CRC-32"),
        (packed({"other/a": b"1"}), f"holds no file in a folder {FOLDER}"),
        (b"<html>sign in</html>", "cannot be read as a zip file"),
    ],
)
def test_an_archive_that_must_not_be_unpacked_is_set_aside(
    content: bytes,
    words: str,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CATALOGUE.get(NAME), "most_bytes", 1_000_000)
    server.content = content
    assert fetch(server, tmp_path / "in") == 2
    shown = said(capsys)
    assert words in shown
    assert f"The file is now {tmp_path}/in/{FOLDER}.zip.refused" in shown
    assert names(tmp_path / "in") == [f"{FOLDER}.zip.refused"]
    assert names(tmp_path) == ["in"]


def test_a_file_that_is_too_large_is_not_fetched(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CATALOGUE.get(NAME), "most_bytes", 1000)
    assert fetch(server, tmp_path) == 2
    assert "or more, and 1000 are allowed; is that the file" in said(capsys)
    assert names(tmp_path) == []


def test_a_server_without_the_file_or_none_at_all(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.url = server.url.replace("set.zip", "nothing")
    assert fetch(server, tmp_path) == 2
    assert "the server answers 404 Not Found; is that the address? --url gives another" in said(capsys)
    for url in ("http://127.0.0.1:1/set.zip", "file:///etc/passwd", "nonsense"):
        server.url = url
        assert fetch(server, tmp_path) == 2
        assert f"{url}: the transfer failed" in said(capsys)
    assert names(tmp_path) == []


def test_a_name_that_the_catalogue_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    assert data(["download", "phc-c2dl"]) == 2
    assert "no data set to download is called 'phc-c2dl' (did you mean phc-c2dl-psc?)" in said(capsys)


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_what_the_catalogue_declares(name: str) -> None:
    offer = CATALOGUE.get(name)
    assert re.fullmatch(r"https?://\S+\.zip", offer.url)
    assert re.fullmatch("[0-9a-f]{64}|", offer.sha256)
    assert Path(offer.folder).name == offer.folder
    assert offer.citation
    assert offer.terms


def test_the_made_up_set_is_a_sound_archive(made_up_set: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(made_up_set)
    assert len(check_archive(tmp_path / "a.zip", most_bytes=10**7, most_files=100)) == 9
