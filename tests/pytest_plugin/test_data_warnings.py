"""Odd data and models: a warning before the run, or a usage error where pytest turns warnings into errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.frame_files import write_npz
from tests.support.networks import onnx_graph, save_graph
from tests.support.pytest_runs import WITHOUT_FIGURES
from tests.support.round_cells import IMAGES, LABELS

SUITE = """
import warnings

from robustbench_cells.errors import DataWarning


def test_another():
    warnings.warn("odd", DataWarning)


def test_own(rb_outcome):
    assert rb_outcome.valid
"""
WORDS = "in 2 of 2 frames (first: 0), one cell covers more than half of the frame. If it is the background, invert"


@pytest.mark.parametrize(("option", "code"), [("default", 0), ("error", 4)])
def test_a_background_that_is_a_cell_is_named_before_the_first_test(option: str, code: int, tmp_path: Path) -> None:
    where = write_npz(tmp_path, IMAGES, np.where(LABELS > 0, 0, 255).astype(np.uint8))
    (tmp_path / "test_own.py").write_text(SUITE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        *WITHOUT_FIGURES,
        "-v",
        f"-W{option}::robustbench_cells.errors.DataWarning",
    ]
    given = [f"--rb-dataset={where}", "--rb-profile=quick", "--rb-model=background", "-k", "clean or another"]
    done = subprocess.run([*command, *given], cwd=tmp_path, capture_output=True, text=True, check=False)
    out = done.stdout + done.stderr
    assert done.returncode == code, out
    assert WORDS in out
    if code == 0:
        assert out.index(f"warning: {where}") < out.index("test_own.py::")
        assert out.count("warning: ") == 1  # the warning of another test is pytest's to show
    else:
        assert f"ERROR: {where}" in out


@pytest.mark.parametrize("workers", [0, 2])
def test_an_odd_model_is_a_usage_error_where_warnings_are_errors(workers: int, tmp_path: Path) -> None:
    from onnx import helper

    graph = onnx_graph([helper.make_node("Sigmoid", ["x"], ["y"])])  # above 0.5 everywhere
    save_graph(graph, tmp_path / "covers.onnx")
    where = write_npz(tmp_path, IMAGES, LABELS)
    (tmp_path / "test_own.py").write_text(SUITE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        *WITHOUT_FIGURES,
        "-q",
        "-Werror::robustbench_cells.errors.DeclarationWarning",
    ]
    given = [f"--rb-dataset={where}", "--rb-profile=quick", "--rb-model=covers.onnx", f"-n{workers}", "-k", "clean"]
    done = subprocess.run([*command, *given], cwd=tmp_path, capture_output=True, text=True, check=False)
    out = done.stdout + done.stderr
    assert done.returncode == 4, out
    assert "ERROR: covers: segments 100.0%" in out
    assert "INTERNALERROR" not in out
