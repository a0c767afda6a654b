"""TOML files."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.errors import GateError
from robustbench_cells.files.toml import read_toml


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[b]\nc = 1\nd = "' + "." * 200 + '"\n')
    assert read_toml(tmp_path / "a.toml", 1000, GateError) == {"b": {"c": 1, "d": "." * 200}}


@pytest.mark.parametrize("text", ["a." * 101 + "a = 1", "[" + "a." * 101 + "a]"])
def test_a_key_of_very_many_parts_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(GateError, match="line 1 has more than 100 dots"):
        read_toml(tmp_path / "a.toml", 1000, GateError)


def test_what_is_not_toml_is_the_callers_to_report(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("a = ")
    with pytest.raises(ValueError, match="Invalid value"):
        read_toml(tmp_path / "a.toml", 1000, GateError)
