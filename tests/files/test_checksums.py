"""SHA-256 of files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import write_text
from robustbench_cells.files.checksums import sha256


def test_sha256_of_a_file(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "new")
    assert sha256(tmp_path / "a.txt").startswith("11507a0e2f5e69d5")


def test_links_of_a_folder_are_followed_or_refused(tmp_path: Path) -> None:
    write_text(tmp_path / "model" / "graph", "graph")
    write_text(tmp_path / "elsewhere" / "weights", "old")
    (tmp_path / "model" / "weights").symlink_to(tmp_path / "elsewhere" / "weights")
    before = sha256(tmp_path / "model")
    write_text(tmp_path / "elsewhere" / "weights", "new")
    assert sha256(tmp_path / "model") != before
    (tmp_path / "model" / "variables").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="model/variables: is a link to a folder; replace it"):
        sha256(tmp_path / "model")
