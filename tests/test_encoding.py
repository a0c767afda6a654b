from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.cli.main import COMMANDS
from robustbench_cells.encoding import make_encodable, use_alike

NARROW = ("cp1252", "latin-1", "ascii", "cp437")


@given(text=st.text(), encoding=st.sampled_from(NARROW))
def test_any_text_can_be_encoded_and_what_can_be_stays(text: str, encoding: str) -> None:
    encodable = make_encodable(text, encoding)
    encodable.encode(encoding)
    kept = [character for character in text if _fits(character, encoding)]
    rest = iter(encodable)
    assert all(character in rest for character in kept)  # in this order


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def test_what_looks_alike_takes_the_place() -> None:
    assert make_encodable("modèle, 5 × 1.6 µm … → √2 細", "ascii") == "modele, 5 x 1.6 um ... -> sqrt 2 ?"
    assert make_encodable("modèle, 5 ×", "cp1252") == "modèle, 5 ×"
    assert make_encodable("30 e⁻ at white, 45 °, σ / mean", "ascii") == "30 e- at white, 45 deg, sigma / mean"
    assert make_encodable("×", None) == "x"


def test_a_stream_that_is_missing_or_of_another_kind_stays() -> None:
    use_alike(None)
    stream = io.StringIO()
    use_alike(stream)
    print("×", file=stream)
    assert stream.getvalue() == "×\n"


@pytest.mark.parametrize("encoding", NARROW)
def test_list_is_printed_in_any_encoding(encoding: str) -> None:
    done = _run(encoding, "list")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"cell_size" in done.stdout
    assert done.stdout.decode(encoding).count("?") == 0


@pytest.mark.parametrize("command", [command.NAME for command in COMMANDS])
def test_help_of_each_command_is_printed_in_ascii(command: str) -> None:
    done = _run("ascii", command, "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"usage: robustbench-cells " + command.encode() in done.stdout


def test_an_error_names_a_file_in_any_encoding() -> None:
    done = _run("ascii", "describe", "modèle.keras")
    assert done.returncode == 2
    assert b"error: " in done.stderr
    assert b"modele.keras" in done.stderr


def _run(encoding: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "robustbench_cells", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, check=False)
