"""What works without TensorFlow, Keras and h5py: nearly everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.support.extras import needs
from tests.support.light_environment import build_wheel, make_environment
from tests.support.networks import convolution, onnx_graph, save_graph

HEAVY = ("tensorflow", "keras", "h5py", "tf2onnx")
BASELINE = REPOSITORY / "reports" / "baseline"
EXTRA_ONLY = {  # modules that only an extra can import, and what is missing then
    "robustbench_cells.engine.dask_backend": "distributed",
    "robustbench_cells.engine.dask_worker": "distributed",
    "robustbench_cells.models.runtimes.bioimageio": "bioimageio",
    "robustbench_cells.training.epochs": "keras",
    "robustbench_cells.training.fit": "keras",
}
IMPORT_ALL = """
import importlib, pkgutil, robustbench_cells
for module in pkgutil.walk_packages(robustbench_cells.__path__, "robustbench_cells."):
    if not module.name.endswith(("__main__", ".report", ".train")):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            print(module.name, error.name)
"""
SUITE = """
def test_mine(rb_outcome):
    assert rb_outcome.valid
"""
FUNCTION = """
import numpy as np

def predict(images):
    return (images > 150).astype(np.float32)
"""


class Environment:
    """Commands of the light environment, in an empty folder."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.python = python
        self.folder = folder

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.python), "-I", *arguments], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def command(self, *arguments: str) -> str:
        return self.run("-m", "robustbench_cells", *arguments)

    def benchmark(self, reports: str, *arguments: str) -> str:
        options = ("--rb-profile", "quick", "--rb-frames", "2", "--rb-reports", reports)
        return self.run("-m", "pytest", "-p", "no:cacheprovider", *options, *arguments)


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Our wheel with the extra ``onnx`` alone."""
    folder = tmp_path_factory.mktemp("light")
    python = make_environment(folder / "venv", build_wheel(folder / "dist"), "onnx")
    (folder / "empty").mkdir()
    return Environment(python, folder / "empty")


@pytest.fixture(scope="module")
def stored(light: Environment) -> Path:
    """The results of a run in the light environment: baselines, an ONNX model and a Python function."""
    save_graph(onnx_graph(*convolution(4)), light.folder / "mine.onnx")
    (light.folder / "bright.py").write_text(FUNCTION)
    (light.folder / "test_mine.py").write_text(SUITE)
    models = ("dog_otsu", "nlm_otsu", "mine.onnx", "bright:predict")
    given = [option for model in models for option in ("--rb-model", model)]
    shown = light.benchmark("reports", *given, "--rb-trust-model", "--rb-artefact=noise=0,50")
    assert "15 passed" in shown
    return light.folder / "reports"


@needs("onnx")
def test_nothing_of_tensorflow_is_installed(light: Environment) -> None:
    code = f"import importlib.util as i; print([m for m in {HEAVY} if i.find_spec(m)])"
    assert light.run("-c", code).strip() == "[]"
    code = "import importlib.metadata as m; print(*(one.name.lower() for one in m.distributions()))"
    installed = set(light.run("-c", code).split())
    assert {"robustbench-cells", "numpy", "onnxruntime"} <= installed
    assert not installed & set(HEAVY)
    where = light.run("-c", "import robustbench_cells; print(robustbench_cells.__file__)")
    assert where.startswith(str(light.python.parents[1]))


@needs("onnx")
def test_only_what_runs_on_an_extra_needs_it_to_be_imported(light: Environment) -> None:
    failed = dict(line.split() for line in light.run("-c", IMPORT_ALL).splitlines())
    assert failed == EXTRA_ONLY


@needs("onnx")
def test_the_list_and_a_description(light: Environment) -> None:
    shown = light.command("list")
    assert "unet_robust.keras (needs robustbench-cells[keras])" in shown
    assert "synthetic" in light.command("describe", "synthetic", "--frames", "1")


@needs("onnx")
def test_baselines_an_onnx_model_and_a_function_run(stored: Path) -> None:
    page = (stored / "index.html").read_text()
    assert all(f">{name}</h3>" in page for name in ("dog_otsu", "nlm_otsu", "mine", "bright:predict"))


@needs("onnx")
def test_a_run_of_everything_runs_the_baselines(light: Environment, stored: Path) -> None:
    shown = light.benchmark("others", "-k", "clean")
    assert "3 passed" in shown
    assert "warning: the shipped models (unet_augmented, " in shown


@needs("onnx")
def test_stored_runs_are_judged_and_reported(light: Environment, stored: Path) -> None:
    """Also one whose networks cannot run here."""
    for out, run in (("own", "reports"), ("shipped", str(BASELINE))):
        light.command("gate", "--baseline", run, "--candidate", run, "--out", out)
        assert (light.folder / out / "gate.md").is_file()
    (stored / "index.html").unlink()
    light.command("report", "--results", "reports")
    assert (stored / "index.html").is_file()


LOADED = """
import sys
from robustbench_cells.cli.main import main
assert main(sys.argv[1:]) == 0
print([module for module in {heavy} if module in sys.modules])
"""


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("describe", "synthetic", "--frames", "1"),
        ("report", "--results", str(BASELINE), "--out", "out"),
        ("gate", "--baseline", str(BASELINE), "--candidate", str(BASELINE), "--out", "out"),
    ],
    ids=lambda command: command[0],
)
def test_a_command_that_runs_no_model_imports_nothing_heavy(command: tuple[str, ...], tmp_path: Path) -> None:
    """Not even where it is installed."""
    (tmp_path / "out").mkdir()
    code = LOADED.format(heavy=HEAVY)
    run = [sys.executable, "-c", code, *command]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
