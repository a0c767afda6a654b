"""The example repository and the committed baseline, as a CI runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from robustbench_cells.files.checksums import sha256
from robustbench_cells.models.loading import shipped_models
from tests.conftest import REPOSITORY
from tests.support.extras import needs
from tests.support.pytest_runs import WITHOUT_FIGURES

EXAMPLE = REPOSITORY / "examples" / "gate_a_retrained_model"
BASELINE = REPOSITORY / "reports" / "baseline"


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example"))


@needs("keras")
def test_the_example_passes_with_the_model_in_use(example: Path) -> None:
    code, output = run(example, "robustness/")
    assert code == 0, output
    assert "PASS   no axis of cells is worse than the tolerance allows" in output
    assert "decisions: 2 at the floor, 10 holds" in output


@needs("keras")
def test_the_example_stops_a_bad_retraining(example: Path) -> None:
    import keras

    path = example / "models" / "cells.keras"
    model = keras.saving.load_model(path)
    *_, last = model.layers
    kernel, bias = last.get_weights()
    last.set_weights([kernel, bias - 0.7])  # sees less
    model.save(path)
    code, output = run(example, "robustness/", "-k", "clean or noise", *WITHOUT_FIGURES)
    assert code == 1, output
    assert "FAIL   the candidate is significantly worse" in output
    assert "area cells-clean" in output


def test_the_committed_baseline_is_of_the_shipped_models() -> None:
    segmenters = json.loads((BASELINE / "run.json").read_text())["segmenters"]
    del segmenters["background"]
    assert segmenters == {name: sha256(path) for name, path in shipped_models().items()}


@needs("keras")
def test_the_shipped_models_pass_their_own_gate(tmp_path: Path) -> None:
    models = [option for name in shipped_models() for option in ("--rb-model", name)]
    grid = ["--rb-profile", "quick", "--rb-frames", "8", "-k", "clean or noise-50"]
    code, output = run(
        tmp_path,
        str(REPOSITORY / "benchmarks" / "test_robustness.py"),
        *models,
        *grid,
        *WITHOUT_FIGURES,
        "--rb-baseline",
        str(BASELINE),
    )
    assert code == 0, output
    assert "decisions: 16 holds, of the part that ran" in output
    page = (tmp_path / "reports" / "index.html").read_text()
    assert all(f">{name}</h3>" in page for name in shipped_models())
    assert 'class="badge">synthetic' in page
    assert "PASS: no axis of " in page
