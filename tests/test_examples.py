"""The example repository and the committed baseline, as a CI runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.files.checksums import sha256
from robustbench_cells.models.loading import shipped_models
from tests.conftest import REPOSITORY
from tests.support.commands import gate
from tests.support.extras import needs
from tests.support.gate_repository import Repository
from tests.support.networks import onnx_graph, save_graph
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
    code, output = run(example, "robustness/", *WITHOUT_FIGURES)
    assert code == 0, output
    assert "PASS   no axis of cells is worse than the tolerance allows" in output
    assert "decisions: 2 at the floor, 10 holds" in output


def save_seed(path: Path, level: float) -> Path:
    """Stands for a training, which takes a minute: what another one learns is a little more or less than this."""
    from onnx import helper, numpy_helper

    kernel, bias = np.full((1, 1, 5, 5), 1 / 25 / 6, np.float32), np.float32([-level / 6])
    tensors = [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(bias, "bias")]
    nodes = [
        helper.make_node("Conv", ["x", "kernel", "bias"], ["z"], pads=[2, 2, 2, 2]),
        helper.make_node("Sigmoid", ["z"], ["y"]),
    ]
    return save_graph(onnx_graph(nodes, tensors), path)


@needs("onnx")
def test_the_example_goes_from_three_seeds_to_a_new_baseline(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a model that starts at once, in this process; the others here run as CI does."""
    path = example / "models" / "cells.onnx"
    repository = Repository(example, monkeypatch, capsys)
    settings = (example / "pytest.ini").read_text().replace("cells.keras", path.name)
    repository.write("pytest.ini", f"{settings}rb_artefact = noise=50\n")  # a grid for a test

    def judge(*arguments: str) -> tuple[int, str]:
        return repository.pytest("robustness/", *WITHOUT_FIGURES, *arguments)

    monkeypatch.chdir(example)
    shutil.rmtree("baseline")
    for folder, level in (("baseline", 166), ("runs/seed1", 161), ("runs/seed2", 171)):
        save_seed(path, level)
        code, output = judge("-o", "rb_baseline=", f"--rb-reports={folder}")
        assert code == 0, output
    assert gate(["--plan", "baseline", "runs/seed1", "runs/seed2"]) == 0
    assert "wrote baseline/spread.toml" in capsys.readouterr().out
    before = {name.name: name.read_bytes() for name in Path("baseline").iterdir() if name.is_file()}

    save_seed(path, 170)  # as good as another seed
    code, output = judge()
    assert code == 0, output
    assert "PASS   no axis of cells is worse than what retraining alone does (3 seeds)" in output
    assert "watch: noise -0.0" in output
    stored = ["--baseline", "baseline", "--candidate", "reports"]
    assert gate([*stored, "--within-spread", "fail"]) == 1

    save_seed(path, 185)  # sees less
    code, output = judge("--rb-accept")
    assert code == 1, output
    assert "FAIL   the candidate is significantly worse" in output
    assert "area cells-clean" in output
    assert "not accepted" in output
    assert before == {name: Path("baseline", name).read_bytes() for name in before}

    save_seed(path, 158)  # sees more
    code, output = judge()
    assert code == 0, output
    assert "better: noise +0.0" in output
    capsys.readouterr()
    assert gate(["--accept"]) == 0
    assert "accepted: baseline holds the results of reports" in capsys.readouterr().out
    assert json.loads(Path("baseline", "run.json").read_text())["segmenters"]["cells"] == sha256(path)
    assert Path("baseline", "spread.toml").read_bytes() == before["spread.toml"]
    assert gate([*stored]) == 0  # the model in use itself


def test_the_committed_baseline_is_of_the_shipped_models() -> None:
    segmenters = json.loads((BASELINE / "run.json").read_text())["segmenters"]
    del segmenters["background"]
    assert segmenters == {name: sha256(path) for name, path in shipped_models().items()}


@needs("keras")
def test_the_shipped_models_pass_their_own_gate(tmp_path: Path) -> None:
    models = [option for name in shipped_models() for option in ("--rb-model", name)]
    grid = ["--rb-profile", "quick", "--rb-frames", "8", "-k", "noise-50 or original and clean"]
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
    assert "decisions: 10 holds, of the part that ran" in output
    page = (tmp_path / "reports" / "index.html").read_text()
    assert all(f">{name}</h3>" in page for name in shipped_models())
    assert 'class="badge">synthetic' in page
    assert "PASS: no axis of " in page
