from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.files import replacing, sha256, write_text


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError), replacing(path) as temporary:
        temporary.write_text("half, and then \udc80", encoding="utf-8")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_makes_its_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "b" / "c.txt", "new")
    assert (tmp_path / "b" / "c.txt").read_text() == "new"
    assert sha256(tmp_path / "b" / "c.txt").startswith("11507a0e2f5e69d5")
