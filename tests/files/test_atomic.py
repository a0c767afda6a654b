from __future__ import annotations

import os
from pathlib import Path

import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import atomic_path, write_text
from robustbench_cells.files.checksums import sha256


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError), atomic_path(path) as temporary:
        temporary.write_text("half, and then \udc80", encoding="utf-8")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_is_not_on_the_disk_does_not_take_the_place_of_the_old(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.txt"
    write_text(path, "old")
    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="No space"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_makes_its_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "b" / "c.txt", "new")
    assert (tmp_path / "b" / "c.txt").read_text() == "new"
    assert sha256(tmp_path / "b" / "c.txt").startswith("11507a0e2f5e69d5")


def test_what_a_folder_links_to_is_in_its_digest_or_refused(tmp_path: Path) -> None:
    write_text(tmp_path / "model" / "graph", "graph")
    write_text(tmp_path / "elsewhere" / "weights", "old")
    (tmp_path / "model" / "weights").symlink_to(tmp_path / "elsewhere" / "weights")
    before = sha256(tmp_path / "model")
    write_text(tmp_path / "elsewhere" / "weights", "new")
    assert sha256(tmp_path / "model") != before
    (tmp_path / "model" / "variables").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="model/variables: is a link to a folder; put a copy"):
        sha256(tmp_path / "model")
