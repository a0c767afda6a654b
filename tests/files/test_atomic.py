"""Atomic writes: the old file or the new one, whatever fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from robustbench_cells.files.atomic import atomic_folder, atomic_path, new_folder, write_text


def test_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError), atomic_path(path) as temporary:
        temporary.write_text("half, and then \udc80", encoding="utf-8")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_full_disk_keeps_the_old_file(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.txt"
    write_text(path, "old")
    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="No space"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_creates_its_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "b" / "c.txt", "new")
    assert (tmp_path / "b" / "c.txt").read_text() == "new"


def test_a_folder_is_replaced_as_a_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_text(path / "old.txt", "old")
    path.chmod(0o750)
    (tmp_path / "link").symlink_to(path)
    with atomic_folder(tmp_path / "link") as new:
        write_text(new / "b" / "new.txt", "new")
        assert (path / "old.txt").exists()
    assert [str(one.relative_to(path)) for one in sorted(path.rglob("*"))] == ["b", "b/new.txt"]
    assert path.stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "link").is_symlink()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "link"]


def test_a_folder_that_is_not_filled_leaves_the_old_one(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "old.txt", "old")
    with pytest.raises(UnicodeEncodeError), atomic_folder(tmp_path / "a") as new:
        (new / "new.txt").write_text("half, and then \udc80", encoding="utf-8")
    assert (tmp_path / "a" / "old.txt").read_text() == "old"
    assert [one.name for one in tmp_path.rglob("*")] == ["a", "old.txt"]


def test_a_new_folder_appears_once_it_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "outer" / "new"
    with new_folder(path) as folder:
        (folder / "a.txt").write_text("a")
        assert not path.exists()
    assert [one.name for one in path.iterdir()] == ["a.txt"]
    assert path.stat().st_mode & 0o777 == 0o755
    with pytest.raises(OSError, match="not empty"), new_folder(path) as folder:
        (folder / "b.txt").write_text("b")
    assert [one.name for one in tmp_path.rglob("*.txt")] == ["a.txt"]
