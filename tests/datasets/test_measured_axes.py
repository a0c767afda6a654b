"""``measured.toml``: what is read, and what is refused before any image is."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.datasets.measured_axes import read_measured_axes
from robustbench_cells.errors import DataError
from tests.support.measured_set import axis_toml


def write(root: Path, text: str, *folders: str) -> str:
    for folder in folders or ("focus_3", "focus_6"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "measured.toml").write_text(text, encoding="utf-8")
    return str(root)


def test_an_axis_is_read_by_its_values(tmp_path: Path) -> None:
    text = axis_toml({6.0: "focus_6", 3: "focus_3"}) + axis_toml(name="gain", unit="dB", scale="log", artefact=None)
    focus, gain = read_measured_axes(write(tmp_path, text), None)
    assert (focus.name, focus.parameter, focus.unit, focus.clean) == ("measured:focus", "radius", "px", 0)
    assert focus.folders == {3.0: tmp_path / "focus_3", 6.0: tmp_path / "focus_6"}
    assert list(focus.folders) == [3, 6]
    assert (focus.over, focus.scale, gain.over, gain.scale) == ("defocus", None, "", "log")


def test_a_data_set_without_the_file_has_none(tmp_path: Path) -> None:
    assert read_measured_axes(str(tmp_path), None) == ()
    assert read_measured_axes("synthetic", "test") == ()
    assert read_measured_axes("x" * 5000, None) == ()


@pytest.mark.parametrize(
    ("place", "where", "split"),
    [
        ("", "{root}", None),
        ("test", "{root}", None),
        ("train", "{root}", "train"),
        ("", "{root}/sharp:{root}/masks", None),
        ("", "{root}/frames.csv", None),
        ("", "{root}:elsewhere/frames.csv", None),
    ],
)
def test_the_file_lies_with_the_data_set(tmp_path: Path, place: str, where: str, split: str | None) -> None:
    write(tmp_path / place, axis_toml())
    (tmp_path / "sharp").mkdir()
    (tmp_path / "masks").mkdir()
    (tmp_path / "frames.csv").touch()
    (axis,) = read_measured_axes(where.format(root=tmp_path), split)
    assert axis.file == tmp_path / place / "measured.toml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[axis", "is not TOML"),
        ("", "the file: 'axis' is a required property; allowed: axis"),
        ("axis = []", r"axis: \[\] should be non-empty"),
        (axis_toml(unit=None), "axis.0: 'unit' is a required property; allowed: name, parameter, unit"),
        (axis_toml(units="px"), r"axis.0: Additional properties.*'units' was unexpected.*; allowed: name"),
        (axis_toml(name="a-4"), "axis.0.name: 'a-4' does not match"),
        (axis_toml(name="../up"), "does not match"),
        (axis_toml(scale="cubic"), "axis.0.scale: 'cubic' is not one of"),
        (axis_toml({}), "axis.0.steps:"),
        (axis_toml({3: "focus_3", 3.0000001: "focus_6"}), "focus: the value 3 is there twice"),
        (axis_toml({3: "focus_3", 6: "./focus_3"}), r"focus: the folder \./focus_3 is there twice"),
        (axis_toml({0: "focus_3"}), "focus: the value 0 is that of the clean images; leave it out"),
        (axis_toml({10**400: "focus_3"}), r"axis.0.steps.0.value: has a whole number of more than 300 digits"),
        (axis_toml({float("nan"): "focus_3"}), "focus: a value is nan; give a finite number"),
        (axis_toml(clean=float("nan")), "focus: clean = nan; give the value at which the clean images were taken"),
        (axis_toml(scale="linear", clean=float("inf")), "focus: clean = inf"),
        (axis_toml({3: "focus_9"}), r"focus_9: no such folder; give a folder beside measured.toml with one image"),
        (axis_toml({3: "../up"}), r"the folder \.\./up is outside of"),
        (axis_toml({3: "/etc"}), "the folder /etc is outside of"),
        (axis_toml() + axis_toml(), "the axis focus is there twice"),
        ("# " + "x" * 70_000, "more than the 65536 allowed"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, message: str) -> None:
    where = write(tmp_path, text)
    with pytest.raises(DataError, match=message) as caught:
        read_measured_axes(where, None)
    assert str(tmp_path / "measured.toml") in str(caught.value)
