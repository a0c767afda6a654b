"""The fuzz command: a short run of all kinds, and that it detects every kind of failure."""

from __future__ import annotations

import math
import os
import pickle
import re
import socket
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import DataError
from robustbench_cells.registry import Registry
from tests.fuzz import __main__ as command
from tests.fuzz import hunt as hunting
from tests.fuzz.cases import make_damaged_input, make_valid_inputs
from tests.fuzz.damage._base import apply_damage
from tests.fuzz.hunt import NotReadyError, hunt, outcomes
from tests.fuzz.kind import KINDS, Kind
from tests.support.extras import needs

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="limits need Linux"),
    *map(needs, ("bioimageio", "keras", "openvino")),
]

NAMES = [
    ".json",
    ".toml",
    ".yaml",
    ".csv",
    ".xml",
    ".csv.gz",
    ".zip",
    ".npy",
    ".tif",
    ".png",
    ".sqlite",
    ".h5",
    ".onnx",
]
LIGHT = ["archives", "arrays", "cards", "challenge", "images", "lists", "results", "stacks", "caches", "gates"]


def test_short_run_of_all_kinds(tmp_path: Path) -> None:

    tally = hunt(list(KINDS), 250, seed=20, keep=tmp_path)
    assert not tally.causes, tally.kept
    assert {kind for kind, _ in tally.counts} == set(KINDS.names())
    assert {what for _, what in tally.counts} == {"result", "error"}


class Planted(Kind):
    """A kind whose file names a behaviour."""

    name = "planted"
    share = 1
    seconds = 5
    mebibytes = 64

    def write(self, folder: Path) -> None:
        (folder / "one").mkdir()
        (folder / "one" / "file").write_text("fine")

    def load(self, folder: Path) -> Any:
        return getattr(self, (folder / "file").read_text(errors="replace"), self.fail)()

    def fine(self) -> None: ...

    def fail(self) -> None:
        raise KeyError("a bug")

    def refuse(self) -> None:
        raise DataError("reported")

    def crash(self) -> None:
        os.abort()

    def leave(self) -> None:
        raise SystemExit

    def hang(self) -> None:
        threading.Event().wait()

    def gorge(self) -> None:
        b"x" * (100 * 2**20)

    def starve(self) -> None:
        try:
            np.ones(2**40)
        except MemoryError as error:
            raise DataError("reported") from error

    def stray(self) -> None:
        Path("left").touch()

    def break_out(self) -> None:
        (Path(__file__).parent / "outside").touch()

    def peek(self) -> None:
        Path("/etc/passwd").read_text()

    def swallowed(self) -> None:
        try:
            socket.create_connection(("127.0.0.1", 9))
        except OSError:
            return

    def look_up(self) -> None:
        version("numpy")

    def run(self) -> None:
        subprocess.run(["true"], check=True)  # noqa: S607

    def unpickle(self) -> None:
        pickle.loads(pickle.dumps(Planted))  # noqa: S301


BEHAVIOUR = [
    ("fine", "result"), ("fail", "traceback"), ("refuse", "error"), ("crash", "crash"),
    ("leave", "traceback"), ("hang", "hang"), ("gorge", "memory"), ("starve", "memory"), ("stray", "strayed"),
    ("break_out", "strayed"), ("peek", "strayed"), ("swallowed", "strayed"), ("run", "strayed"),
    ("unpickle", "strayed"), ("look_up", "result"), ("fine", "result"),
]  # fmt: skip


def test_every_failure_is_detected_and_the_rest_continues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "gone"), *sys.path])  # as Dask leaves it: opened by a look-up
    jobs = [(Planted(), {"file": what.encode()}) for what, _ in BEHAVIOUR]
    found = [outcome for _, outcome, _ in outcomes(0, jobs)]
    assert [outcome.what for outcome in found] == [what for _, what in BEHAVIOUR]
    assert found[1].detail.endswith("KeyError: 'a bug'\n")
    assert not (Path(__file__).parent / "outside").exists()


def test_failing_input_is_kept_and_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = Registry[Kind]("tests.fuzz.damage", "kind of input")
    planted.register(Planted)
    for module in (command, hunting):
        monkeypatch.setattr(module, "KINDS", planted)
    assert command.main(["--files", "3", "--keep", str(tmp_path)]) == command.FOUND
    shown = capsys.readouterr().out
    (again,) = re.findall(r"python -m tests\.fuzz --replay (.*planted-0-0\.zip)", shown)
    assert "3 × planted traceback KeyError" in shown
    assert command.main(["--replay", again]) == command.FOUND
    assert "KeyError: 'a bug'" in capsys.readouterr().out


class Invalid(Planted):
    """A kind whose valid files do not load."""

    def write(self, folder: Path) -> None:
        (folder / "one").mkdir()
        (folder / "one" / "file").write_text("refuse")


def test_valid_files_that_do_not_load_are_no_finding(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"planted: .*cannot be written or loaded:(.|\n)*DataError: reported"):
        hunt([Invalid()], 3, seed=0, keep=tmp_path)


def test_hunt_ends_when_the_time_is_up(tmp_path: Path) -> None:
    assert not hunt([Planted()], 3, seed=0, keep=tmp_path, until=-math.inf).counts


def test_unknown_kind_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--kind", "image"]) == command.NOT_RUN
    assert "did you mean images?" in capsys.readouterr().err


@pytest.mark.parametrize("name", LIGHT)
def test_inputs_are_reproducible_from_the_seed(name: str) -> None:
    kind = KINDS.get(name)
    valid, again = make_valid_inputs(kind), make_valid_inputs(kind)
    assert valid == again
    inputs = [make_damaged_input(kind, valid, 0, number) for number in range(12)]
    assert [make_damaged_input(kind, again, 0, number) for number in reversed(range(12))] == inputs[::-1]
    assert [make_damaged_input(kind, valid, 1, number) for number in range(12)] != inputs
    assert sum(one not in valid for one in inputs) > 8


@given(name=st.sampled_from(NAMES), content=st.binary(max_size=300), seed=st.integers(0, 2**32))
def test_any_content_can_be_damaged_under_any_name(name: str, content: bytes, seed: int) -> None:
    assert isinstance(apply_damage(name, content, np.random.default_rng(seed)), bytes)
