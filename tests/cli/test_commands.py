"""The commands and the package as a whole, in processes of their own."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import robustbench_cells
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.cli._command import Command
from robustbench_cells.cli.main import COMMANDS, _parser, main
from robustbench_cells.datasets.catalogue import CATALOGUE
from robustbench_cells.datasets.sources import SOURCES
from robustbench_cells.engine.grid import PROFILES
from robustbench_cells.metrics import METRICS
from robustbench_cells.models.baselines import BASELINES
from tests.support.frame_files import IMAGES, LABELS, WRITERS

HEAVY = ("tensorflow", "keras", "cv2", "numpy", "pandas", "skimage")


def run(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


def all_options(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from all_options(inner)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.NAME)
def test_help_says_what_each_value_is_and_means(command: Command) -> None:
    for option in all_options(_parser(command.NAME)):
        takes_value = option.option_strings and option.nargs != 0 and not option.choices
        assert option.metavar or not takes_value, option.option_strings  # argparse would repeat the name
        assert option.help is None or option.help[0].isalnum() or option.help[0] == "'", option.help


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = f"import robustbench_cells, sys; print([m for m in {HEAVY} if m in sys.modules])"
    assert run("-c", code).strip() == "[]"


def test_importing_the_package_takes_under_half_a_second() -> None:
    """Counted by the interpreter, and in its own user time, so that a busy machine changes nothing."""
    code = "import os; a = os.times().user; import robustbench_cells; print(os.times().user - a)"
    assert float(run("-c", code)) < 0.5


def test_neither_the_plugin_nor_the_list_imports_tensorflow() -> None:
    code = (
        "import sys, robustbench_cells.pytest_plugin; assert 'numpy' not in sys.modules;"
        "from robustbench_cells.cli.main import main; main(['list']); assert 'tensorflow' not in sys.modules"
    )
    run("-c", code)


def test_list_shows_every_plug_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for name in (
        *ARTEFACTS.names(),
        *BASELINES.names(),
        *SOURCES.names(),
        *CATALOGUE.names(),
        *METRICS.names(),
        *PROFILES,
    ):
        assert name in shown
    assert "grey levels" in shown
    assert "0, 300, 1000, 2000, 3000, 4000" in shown


def test_describe_lays_data_sets_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "synthetic", "synthetic", "--frames", "1", "--split", "train"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("synthetic, split train, 1 of 60 frames") == 2
    assert "power at 4 px, dB" in shown


@pytest.mark.parametrize("layout", WRITERS)
def test_describe_takes_of_each_data_set_what_a_run_takes(
    layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = WRITERS[layout](tmp_path, IMAGES, LABELS)
    assert main(["describe", "synthetic", where, "--frames", "1"]) == 0
    shown = capsys.readouterr().out
    assert "synthetic, split test, 1 of 8 frames" in shown
    assert where in shown
    assert "1 of 3 frames" in shown


def test_describe_of_nothing_is_an_error_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "nowhere"]) == 2
    assert "error: nowhere: no such folder or file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [["--help"], ["report", "--help"], ["train", "--help"], ["list", "--help"], ["data", "download", "--help"]],
)
def test_help_teaches(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(command)
    assert "usage:" in capsys.readouterr().out


NEW_ARTEFACT = '''
"""Fading."""

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS
from robustbench_cells.artefacts._base import Artefact


@ARTEFACTS.register
class Fading(Artefact):
    """Bleaching: takes grey levels off."""

    name, version, parameter, unit, neutral = "fading", 1, "loss", "grey levels", 0.0
    grids = {"default": (0, 30)}

    def distort(self, image, labels, intensity, rng):
        if not 0 <= intensity < np.inf:
            raise ValueError("loss")
        rng.random()
        faded = np.clip(image - np.float32(intensity) * np.float32(rng.random()), 0, 255)
        return (image.copy() if intensity == 0 else faded), labels.copy()
'''


def test_a_new_artefact_is_one_new_file(tmp_path: Path) -> None:
    """It appears in the list, the grid, the contract suite and the report with no other edit."""
    root = Path(robustbench_cells.__file__).parents[1]
    for folder in ("robustbench_cells", "benchmarks", "tests"):
        shutil.copytree(root / folder, tmp_path / folder)
    (tmp_path / "robustbench_cells/artefacts/light/fading.py").write_text(NEW_ARTEFACT)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def there(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "fading" in there("robustbench_cells", "list")
    grid = there("pytest", "benchmarks/test_robustness.py", "-k", "dog_otsu and fading", "--rb-frames", "1")
    assert "2 passed" in grid
    assert "fading 30" in grid
    assert "## fading" in (tmp_path / "reports/summary.md").read_text()
    contract = there("pytest", "tests/test_contracts.py", "-k", "fading", "-v")
    assert "test_an_artefact[fading-gives_valid_pixels_and_keeps_its_input] PASSED" in contract
