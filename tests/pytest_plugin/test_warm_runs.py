"""A run whose records are all cached loads no model, through any door."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from robustbench_cells.models.loading import load
from tests.support.networks import convolution, onnx_graph, save_graph
from tests.support.pytest_runs import WITHOUT_FIGURES

pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")

HEAVY = ("tensorflow", "keras", "onnxruntime", "torch")
_CONFTEST = f"""
import os, sys
from robustbench_cells.models.formats.onnx_file import OnnxFile

plain = OnnxFile.load

def load(self, where, *, trusted):
    with open("loads.txt", "a") as file:
        print(os.path.basename(where), file=file)
    return plain(self, where, trusted=trusted)

OnnxFile.load = load

def pytest_unconfigure(config):
    with open("imported.txt", "a") as file:
        print(*[name for name in {HEAVY!r} if name in sys.modules], file=file)
"""
_SUITE = "def test_grid(rb_outcome):\n    assert rb_outcome.valid\n"
_CALL = """
import sys
import robustbench_cells as rb
models = {"a": "a.onnx", "b": "b.onnx"}
data = rb.open_dataset("synthetic", frames=2)
result = rb.benchmark(models, data, {"noise": [0, 50]}, cache="api.sqlite", isolate=False, progress=False)
result.save("saved")
print(*[name for name in ("tensorflow", "keras", "onnxruntime", "torch") if name in sys.modules])
"""


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    for name in ("loads.txt", "imported.txt"):
        (folder / name).unlink(missing_ok=True)
    models = [f"--rb-model={name}.onnx" for name in "ab"]
    options = [
        "--rb-isolate=off",
        "--rb-frames=2",
        "--rb-artefact=noise=0,50",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        *models,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *WITHOUT_FIGURES, *options, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def lines(folder: Path, name: str) -> list[str]:
    path = folder / name
    return path.read_text().split() if path.exists() else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text(_CONFTEST)
    (tmp_path / "test_grid.py").write_text(_SUITE)
    for seed, name in enumerate("ab"):
        save_graph(onnx_graph(*convolution(seed)), tmp_path / f"{name}.onnx")
    return tmp_path


def test_pytest_loads_only_what_was_retrained(folder: Path) -> None:
    run(folder)
    assert lines(folder, "loads.txt") == ["a.onnx", "b.onnx"]
    first = json.loads((folder / "reports" / "run.json").read_text())
    assert first["runners"].keys() == {"a", "b"}
    assert first["runners"]["a"]["library"] == "onnxruntime"
    assert first["runners"]["a"]["provider"] == "CPUExecutionProvider"

    again = run(folder, "--rb-reports=elsewhere", "--rb-store=reports/records.sqlite")  # no pictures are there
    assert "all cached" in again
    assert (lines(folder, "loads.txt"), lines(folder, "imported.txt")) == ([], [])
    warm = json.loads((folder / "elsewhere" / "run.json").read_text())
    assert warm["segmenters"] == first["segmenters"]
    assert warm["instances"] == first["instances"] == dict.fromkeys(first["segmenters"], "components")
    assert warm["runners"] == {}
    assert (folder / "elsewhere" / "pictures.npz").exists()

    save_graph(onnx_graph(*convolution(7)), folder / "b.onnx")
    run(folder)
    assert lines(folder, "loads.txt") == ["b.onnx"]
    assert (
        load(str(folder / "b.onnx")).digest == json.loads((folder / "reports/run.json").read_text())["segmenters"]["b"]
    )

    pytest.importorskip("xdist")
    run(folder, "-n2")
    assert (lines(folder, "loads.txt"), lines(folder, "imported.txt")) == ([], [])


def test_model_that_cannot_be_used_is_refused_before_anything_runs(folder: Path) -> None:
    run(folder)
    (folder / "b.onnx").write_bytes(b"\x08\x07\x12\xff")
    for isolate in ("on", "off"):
        assert "b.onnx: is not an ONNX file, damaged or refused" in run(folder, f"--rb-isolate={isolate}", code=4)


def test_isolated_run_is_the_same_and_imports_no_library_of_a_model(folder: Path) -> None:
    run(folder)
    assert lines(folder, "imported.txt") == ["onnxruntime"]
    first = json.loads((folder / "reports" / "run.json").read_text())
    scores = (folder / "reports" / "summary.csv").read_bytes()
    run(folder, "--rb-isolate=on", "--rb-store=elsewhere.sqlite")
    assert (lines(folder, "loads.txt"), lines(folder, "imported.txt")) == ([], [])
    again = json.loads((folder / "reports" / "run.json").read_text())
    assert {name: again[name] for name in ("segmenters", "runners")} == {
        name: first[name] for name in ("segmenters", "runners")
    }
    assert (folder / "reports" / "summary.csv").read_bytes() == scores
    assert "all cached" in run(folder, "--rb-isolate=on")


def test_python_loads_nothing_that_is_cached(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    said = [
        subprocess.run(
            [sys.executable, "-c", _CALL], cwd=folder, env=environment, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert said == [["onnxruntime"], []]
