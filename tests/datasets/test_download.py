"""Download of a public data set from a local server: checksums, quarantine, and the next command."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from robustbench_cells.datasets.catalogue import CATALOGUE
from robustbench_cells.files.archives import check_archive
from robustbench_cells.files.checksums import sha256
from tests.conftest import REPOSITORY
from tests.support.download_server import FOLDER, NAME, Server, file_names, run_download, zip_bytes

Printed = Callable[[], str]


def test_terms_are_shown_and_the_suggested_command_runs(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_download(server, tmp_path / "my data") == 0
    shown = capsys.readouterr().out
    for text in (CATALOGUE.get(NAME).citation, CATALOGUE.get(NAME).terms, CATALOGUE.get(NAME).provider):
        assert text in shown
    assert file_names(tmp_path / "my data") == [FOLDER, f"{FOLDER}.sha256"]
    (command,) = re.findall(r"^Next: run pytest on your benchmark with (.*)$", shown, re.MULTILINE)
    assert command == f"--rb-dataset='{tmp_path}/my data/{FOLDER}' --rb-split=02/ST"
    run = f"{sys.executable} -m pytest {REPOSITORY}/benchmarks/test_robustness.py {command} -k dog_otsu-clean"
    done = subprocess.run(run, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S602
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_first_checksum_is_recorded_and_later_downloads_must_match_it(
    server: Server, tmp_path: Path, printed: Printed
) -> None:
    assert run_download(server, tmp_path) == 0
    record = tmp_path / f"{FOLDER}.sha256"
    digest = record.read_text().split()[0]
    assert record.read_text() == f"{digest}  {FOLDER}.zip\n"
    shown = printed()
    assert f"SHA-256 of {FOLDER}.zip: {digest}" in shown
    assert "No checksum was known" in shown

    assert run_download(server, tmp_path) == 0  # exists: the server is not asked
    assert len(server.requested_ranges) == 1
    assert "already exists" in printed()
    assert run_download(server, tmp_path, "--sha256", "0" * 64) == 2
    assert f"already exists with SHA-256 {digest}, not {'0' * 64}" in printed()

    (tmp_path / FOLDER).rename(tmp_path / "moved")
    server.content = zip_bytes({f"{FOLDER}/01/t000.tif": b"another"})
    assert run_download(server, tmp_path) == 2
    shown = printed()
    refused = tmp_path / f"{FOLDER}.zip.refused"
    assert f"{refused}: has SHA-256 {sha256(refused)}, but {digest} is expected by {record}" in shown
    assert "if the providers have replaced their file, remove" in shown
    assert file_names(tmp_path) == sorted(["moved", record.name, refused.name])
    record.unlink()
    assert run_download(server, tmp_path) == 0


def test_given_checksum_must_match(server: Server, challenge_zip: bytes, tmp_path: Path, printed: Printed) -> None:
    (tmp_path / "sent").write_bytes(challenge_zip)
    right = sha256(tmp_path / "sent")
    assert run_download(server, tmp_path / "a", "--sha256", "1" * 64) == 2
    assert f"has SHA-256 {right}, but {'1' * 64} is expected; it is damaged" in printed()
    assert file_names(tmp_path / "a") == [f"{FOLDER}.zip.refused"]
    assert run_download(server, tmp_path / "a", "--sha256", right.upper()) == 0
    assert "No checksum" not in printed()
    assert run_download(server, tmp_path / "b", "--sha256", "12") == 2
    assert "SHA-256 '12': must be 64 hexadecimal digits" in printed()


def test_checksum_of_the_catalogue_must_match(
    server: Server, tmp_path: Path, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CATALOGUE.get(NAME), "sha256", "2" * 64)
    assert run_download(server, tmp_path) == 2
    assert f"but {'2' * 64} is expected" in printed()


def understate_size(content: bytes) -> bytes:
    """Declare fewer bytes in the directory than there are."""
    changed = bytearray(content)
    start = changed.rindex(b"PK\1\2") + 24
    changed[start : start + 4] = struct.pack("<I", 10)
    return bytes(changed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zip_bytes({f"{FOLDER}/a": b"1", "../b": b"2"}), "its file '../b' has a path that may leave the folder"),
        (zip_bytes({f"{FOLDER}/a": b"1", "/b": b"2"}), "its file '/b' has an absolute path"),
        (zip_bytes({f"{FOLDER}/a": b"\0" * 2_000_000}), "unpacks to 2000000 bytes, more than the 1000000 allowed"),
        (understate_size(zip_bytes({f"{FOLDER}/a": b"\0" * 2_000_000})), "cannot be read as a zip file (Bad CRC-32"),
        (zip_bytes({"other/a": b"1"}), f"has no files in a folder {FOLDER}"),
        (b"<html>sign in</html>", "cannot be read as a zip file"),
    ],
    ids=["out of the folder", "absolute", "large", "lying", "another folder", "no zip"],  # bytes of a zip tell the time
)
def test_invalid_archive_is_quarantined(
    content: bytes,
    message: str,
    server: Server,
    tmp_path: Path,
    printed: Printed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CATALOGUE.get(NAME), "max_bytes", 1_000_000)
    server.content = content
    assert run_download(server, tmp_path / "in") == 2
    shown = printed()
    assert message in shown
    assert f"The file was moved to {tmp_path}/in/{FOLDER}.zip.refused" in shown
    assert file_names(tmp_path / "in") == [f"{FOLDER}.zip.refused"]
    assert file_names(tmp_path) == ["in"]


def test_failure_before_the_first_byte_leaves_no_folder(server: Server, tmp_path: Path) -> None:
    server.url += ".moved"
    (tmp_path / "mine").mkdir()
    for to in ("new", "new/deep", "mine", "mine/new"):
        assert run_download(server, tmp_path / to) == 2
    assert file_names(tmp_path) == ["mine"]
    assert file_names(tmp_path / "mine") == []


def test_archive_of_these_tests_is_valid(challenge_zip: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(challenge_zip)
    assert len(check_archive(tmp_path / "a.zip", max_bytes=10**7, max_files=100)) == 9
