"""Downloads from a local server that break off, resume, change meanwhile, or are refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import pytest

from robustbench_cells.datasets.catalogue import CATALOGUE
from robustbench_cells.datasets.opening import open_dataset
from tests.support.download_server import FOLDER, NAME, Server, file_names, run_download, zip_bytes

Printed = Callable[[], str]


@pytest.mark.parametrize("supports_range", [True, False])
def test_broken_download_resumes(
    supports_range: bool, server: Server, challenge_zip: bytes, tmp_path: Path, printed: Printed
) -> None:
    server.breaks_off, server.supports_range = 150_000, supports_range
    assert run_download(server, tmp_path) == 2
    shown = printed()
    assert "the download failed" in shown
    assert "the same command resumes there" in shown
    part = tmp_path / f"{FOLDER}.zip.part"
    done = part.stat().st_size
    assert 0 < done <= 150_000
    assert part.read_bytes() == challenge_zip[:done]
    assert file_names(tmp_path) == [part.name, f"{part.name}.tag"]
    server.breaks_off = None
    assert run_download(server, tmp_path) == 0
    assert server.requested_ranges == [None, f"bytes={done}-"]
    assert file_names(tmp_path) == [FOLDER, f"{FOLDER}.sha256"]
    open_dataset(str(tmp_path / FOLDER), "02/ST")


def test_file_that_changed_meanwhile_is_downloaded_from_the_start(server: Server, tmp_path: Path) -> None:
    server.breaks_off = 150_000
    assert run_download(server, tmp_path) == 2
    server.breaks_off, server.tag = None, '"2"'
    server.content = zip_bytes({f"{FOLDER}/01/t000.tif": b"another"})
    assert run_download(server, tmp_path) == 0
    assert (tmp_path / FOLDER / "01" / "t000.tif").read_bytes() == b"another"


@pytest.mark.parametrize("tag", ["", 'W/"1"'])
def test_file_without_a_strong_etag_is_downloaded_from_the_start(
    tag: str, server: Server, tmp_path: Path, printed: Printed
) -> None:
    server.breaks_off, server.tag = 150_000, tag
    assert run_download(server, tmp_path) == 2
    assert "and the same command starts again" in printed()
    server.breaks_off = None
    assert run_download(server, tmp_path) == 0
    assert server.requested_ranges == [None, None]


def test_partial_file_that_is_complete_too_long_or_from_another_address(
    server: Server, challenge_zip: bytes, tmp_path: Path
) -> None:
    part = tmp_path / f"{FOLDER}.zip.part"
    cases = ((server.url, challenge_zip), (server.url, challenge_zip + b"more"), ("elsewhere", b"junk"))
    for address, content in cases:
        part.write_bytes(content)
        part.with_name(f"{part.name}.tag").write_text(f'{address}\n"1"')
        assert run_download(server, tmp_path) == 0
        open_dataset(str(tmp_path / FOLDER))
        (tmp_path / FOLDER).rename(tmp_path / f"done{len(server.requested_ranges)}")
    complete, too_long = (f"bytes={len(challenge_zip) + extra}-" for extra in (0, 4))
    assert server.requested_ranges == [complete, too_long, None, None]


def test_interrupted_command_leaves_a_partial_file_and_resumes(server: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "robustbench_cells", "data", "download", NAME, "--to", str(tmp_path)]
    server.breaks_off, server.interrupts = 150_000, SimpleQueue()
    process = subprocess.Popen([*command, "--url", server.url], stderr=subprocess.PIPE, text=True)
    server.interrupts.put(process)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "same command" in shown
    assert not {FOLDER, f"{FOLDER}.zip", f"{FOLDER}.sha256"} & set(file_names(tmp_path))
    server.interrupts = server.breaks_off = None
    assert run_download(server, tmp_path) == 0
    assert file_names(tmp_path) == [FOLDER, f"{FOLDER}.sha256"]


def test_file_that_is_too_large_is_not_downloaded(
    server: Server, tmp_path: Path, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CATALOGUE.get(NAME), "max_bytes", 1000)
    assert run_download(server, tmp_path) == 2
    assert "bytes or more, above the 1000 allowed; check the address" in printed()
    assert file_names(tmp_path) == []


def test_missing_file_and_unreachable_servers_are_reported(server: Server, tmp_path: Path, printed: Printed) -> None:
    server.url = server.url.replace("set.zip", "nothing")
    assert run_download(server, tmp_path) == 2
    assert "the server answers 404 Not Found; check the address, or give another with --url" in printed()
    for url in ("http://127.0.0.1:1/set.zip", "file:///etc/passwd", "nonsense"):
        server.url = url
        assert run_download(server, tmp_path) == 2
        assert f"{url}: the download failed" in printed()
    assert file_names(tmp_path) == []
