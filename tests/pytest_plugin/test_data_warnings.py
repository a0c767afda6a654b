"""Odd data: a warning before the run, or a usage error where pytest turns warnings into errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.frame_files import write_npz
from tests.support.round_cells import IMAGES, LABELS

SUITE = """
def test_own(rb_outcome):
    assert rb_outcome.valid
"""
WORDS = "in 2 of 2 frames (first: 0), one cell covers more than half of the frame. If it is the background, invert"


@pytest.mark.parametrize(("option", "code"), [("default", 0), ("error", 4)])
def test_a_background_that_is_a_cell_is_named_before_the_first_test(option: str, code: int, tmp_path: Path) -> None:
    where = write_npz(tmp_path, IMAGES, np.where(LABELS > 0, 0, 255).astype(np.uint8))
    (tmp_path / "test_own.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-v", f"-W{option}::robustbench_cells.errors.DataWarning"]
    given = [f"--rb-dataset={where}", "--rb-profile=quick", "--rb-model=background", "-k", "clean"]
    done = subprocess.run([*command, *given], cwd=tmp_path, capture_output=True, text=True, check=False)
    out = done.stdout + done.stderr
    assert done.returncode == code, out
    assert WORDS in out
    if code == 0:
        assert out.index(f"warning: {where}") < out.index("test_own.py::")
    else:
        assert f"ERROR: {where}" in out
