"""Missing extras are reported before anything is read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from robustbench_cells.cli.list_plugins import list_plugins
from robustbench_cells.cli.main import main
from robustbench_cells.errors import MissingExtraWarning, ModelError
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.extras import missing_library
from robustbench_cells.models.formats import FORMATS
from robustbench_cells.models.loading import (
    load_segmenter,
    require_segmenter,
    segmenter_sources,
    shipped_models,
    warn_of_left_out,
)
from robustbench_cells.models.runtimes.quiet import import_keras
from tests.support.extras import needs

KERAS = ("keras", "h5py", "tensorflow", "jax", "torch")
INSTALL = r"pip install 'robustbench-cells\[keras\]'"


@pytest.fixture
def without_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in KERAS:
        monkeypatch.setitem(sys.modules, module, None)


@pytest.mark.parametrize(
    ("absent", "named"),
    [(KERAS, "keras"), (("h5py",), "h5py"), (("tensorflow", "jax", "torch"), "tensorflow")],
)
@needs("keras")
def test_shipped_model_reports_the_missing_library(
    absent: tuple[str, ...], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in absent:
        monkeypatch.setitem(sys.modules, module, None)
    for refuse in (require_segmenter, load_segmenter):
        with pytest.raises(ModelError, match=rf"^unet_original: needs {named}: {INSTALL}$"):
            refuse("unet_original")


@needs("keras")
def test_keras_runs_on_another_backend_than_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "jax", pytest)
    require_segmenter("unet_original")


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize("name", ["net.keras", "net.weights.h5", "net.h5", "saved"])
def test_file_of_the_keras_family_reports_the_missing_library(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if path.suffix:
        path.touch()
    else:
        path.mkdir()
        (path / "saved_model.pb").touch()
    for refuse in (require_segmenter, load_segmenter):
        with pytest.raises(ModelError, match=rf"{name}: needs keras: {INSTALL}$"):
            refuse(str(path))


@pytest.mark.parametrize("form", [form for form in FORMATS if form.extra], ids=lambda form: form.name)
def test_every_extra_of_a_format_has_libraries(form: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_library("no such extra") == ""
    for module in (*KERAS, "bioimageio.core", "cellpose", "onnx", "openvino", "stardist"):
        monkeypatch.setitem(sys.modules, module, None)
    assert missing_library(form.extra)  # type: ignore[attr-defined]


def test_run_without_models_leaves_the_shipped_models_out(without_keras: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(segmenter_sources(())) == set(BASELINES.names())
    with pytest.warns(MissingExtraWarning, match=rf"\(unet_augmented, .*\) are left out: they need keras: {INSTALL}"):
        warn_of_left_out(())
    warn_of_left_out(("mine.onnx",))  # a warning would be an error
    monkeypatch.undo()
    if not missing_library("keras"):
        assert set(segmenter_sources(())) == {*BASELINES.names(), *shipped_models()}
        warn_of_left_out(())


@pytest.mark.usefixtures("without_keras")
def test_list_shows_the_missing_extra() -> None:
    lines = list_plugins().splitlines()
    for name in (*shipped_models(), "FILE.keras", "FILE.h5", "FILE.weights.h5", "FOLDER/"):
        (line,) = [line for line in lines if line.startswith(f"{name} ")]
        assert line.endswith("needs robustbench-cells[keras])")
    assert not [line for line in lines if line.startswith("dog_otsu") and "needs" in line]


@pytest.mark.usefixtures("without_keras")
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ("train", "--recipe", "original", "--dataset", "nowhere", "--out", "a.keras"),
            "error: training: needs keras: pip install 'robustbench-cells[keras]'\n",
        ),
        (
            ("export", "unet_original", "--to", "onnx"),
            "error: export of unet_original: needs keras: pip install 'robustbench-cells[export]'\n",
        ),
        (
            ("export", "unet_original", "--to", "bioimageio"),
            "error: export of unet_original: needs keras: pip install 'robustbench-cells[bioimageio,export]'\n",
        ),
    ],
)
def test_training_and_export_report_the_missing_library(
    command: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("bioimageio.core", "onnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, module, sys.modules[__name__])
    assert main([*command]) == 2
    assert capsys.readouterr().err == message


@pytest.mark.usefixtures("without_keras")
def test_import_of_keras_reports_the_missing_library() -> None:
    with pytest.raises(ModelError, match=f"^Keras needs keras: {INSTALL}$"):
        import_keras()


WITHOUT_KERAS = """
import sys
for name in ("keras", "h5py", "tensorflow"):
    sys.modules[name] = None
import pytest
raise SystemExit(pytest.main(sys.argv[1:]))
"""


def test_run_warns_beforehand_of_what_is_left_out(tmp_path: Path) -> None:
    suite = Path(__file__).parents[2] / "benchmarks" / "test_robustness.py"
    shutil.copy(suite, tmp_path)
    options = ("-p", "no:randomly", "--rb-profile", "quick", "--rb-frames", "1", "-k", "clean")
    command = [sys.executable, "-c", WITHOUT_KERAS, "test_robustness.py", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    before, _, _ = done.stdout.partition("test_robustness.py .")
    assert "warning: the shipped models (unet_augmented, " in before
