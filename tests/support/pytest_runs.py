"""Runs of the benchmark, for several test files."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest

from tests.conftest import REPOSITORY

BENCHMARK = REPOSITORY / "benchmarks" / "test_robustness.py"


WITHOUT_FIGURES = ("-p", "tests.support.kept_frames", "-p", "tests.support.without_figures")
LIGHT = ("-p", "no:unraisableexception")  # the plug-in collects all garbage of this process, and the outer run has it
QUICK_PAPER = ("--rb-profile=quick", "--rb-artefact=cell_size", "--rb-artefact=illumination", "--rb-artefact=noise")
"""Options of a grid of ten conditions: clean, and three of each of the paper's artefacts."""


def bench(folder: Path, *arguments: str, code: int = 0, figures: bool = False, own_process: bool = False) -> str:
    """Run the benchmark as its users do; the figures are drawn where a test asks for them.

    In this process unless a test asks for another, since one that starts takes seconds to import what is imported here.
    """
    options = (*LIGHT, "--rb-reports", str(folder / "reports"), *(() if figures else WITHOUT_FIGURES))
    call = [str(BENCHMARK), *options, *arguments]
    got, output = (_run_process if own_process else _run_here)(folder, call)
    assert got == code, output
    return output


def _run_process(folder: Path, arguments: Sequence[str]) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def _run_here(folder: Path, arguments: Sequence[str]) -> tuple[int, str]:
    """Run it as ``python -m pytest`` does, and leave neither modules nor settings of the run behind."""
    output = io.StringIO()
    with (
        chdir(folder),
        patch.dict(os.environ),
        patch.object(sys, "path", [str(folder), *sys.path]),
        redirect_stdout(output),
        redirect_stderr(output),
    ):
        importlib.invalidate_caches()
        code = int(pytest.main([*arguments]))
    forget_modules(folder, BENCHMARK.parent)
    return code, output.getvalue()


def forget_modules(*folders: Path) -> None:
    """Forget the modules that were imported from these folders."""
    places = tuple(f"{folder}{os.sep}" for folder in folders)
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(places):
            del sys.modules[name]


def records(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "reports" / "patches.csv.gz")


def same_files(one: Path, other: Path) -> None:
    for name in ("patches.csv.gz", "summary.csv"):
        assert (one / "reports" / name).read_bytes() == (other / "reports" / name).read_bytes()


_OWN_SUITE = """
import pytest

@pytest.mark.parametrize("before", ["x-clean", 2])
def test_own(before, rb_outcome):
    assert rb_outcome.sound
"""


def own_suite(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_own.py").write_text(_OWN_SUITE, encoding="utf-8")
    options = ("--rb-profile", "quick", "--rb-frames", "8", *WITHOUT_FIGURES)
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


_WORSE = """
from robustbench_cells.models.baselines import BASELINES

def predict(images):
    found = BASELINES.get("dog_otsu").predict(images).copy()
    found[:, ::2] = 0
    return found
"""


def worse_model(folder: Path) -> str:
    """Write a model that finds every other row of what DoG+Otsu finds, and return its name."""
    (folder / "worse.py").write_text(_WORSE)
    return "worse:predict"


_BREAKS = """
def predict(images):
    return images if len(images) > 8 else images / 255  # so many are no probe images
"""


def breaking_model(folder: Path) -> str:
    """A model that is well as it is loaded, and answers grey levels in a test of the grid."""
    (folder / "breaks.py").write_text(_BREAKS)
    return "breaks:predict"
