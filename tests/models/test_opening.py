"""Names of models become segmenters: a user's in processes of their own, ours in this one."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from scipy.ndimage import label

import robustbench_cells as rb
from robustbench_cells.engine.dask_worker import PackedModel
from robustbench_cells.errors import DeclarationWarning, ModelError, ModelStoppedError
from robustbench_cells.models import loading
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.card import write_card
from robustbench_cells.models.isolation.segmenter import IsolatedSegmenter
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.on_demand import OnDemandSegmenter, load_all, release_all
from robustbench_cells.models.opening import load_segmenter, open_segmenters
from robustbench_cells.models.probe import probe_images
from robustbench_cells.models.whole_frames import predict_frame
from tests.support.networks import convolution, onnx_graph, save_graph

IMAGES = probe_images()
FUNCTIONS = """
import os, threading, time

def predict(images):
    return images / 255

def hang():
    time.sleep(1e6)

def hanging(images):
    hang()

def exits(images):
    raise SystemExit(0)

def cells(images):
    from scipy.ndimage import label
    import numpy
    return numpy.stack([label(image > 150)[0] for image in images])

predict.digest = cells.digest = "1"
"""


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_functions.py").write_text(FUNCTIONS)
    (tmp_path / "hanging_module.py").write_text("import time\ntime.sleep(1e6)\n")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_function_is_never_imported_here(functions: None) -> None:
    opened = open_segmenters({"mine": "their_functions:predict"}, trusted=True, wall=Wall())["mine"]
    assert isinstance(opened, OnDemandSegmenter)
    np.testing.assert_allclose(opened.predict(IMAGES), IMAGES / 255)
    assert "their_functions" not in sys.modules
    assert opened.digest == loading.identify("their_functions:predict", trusted=True)
    release_all([opened])
    np.testing.assert_allclose(opened.predict(IMAGES), IMAGES / 255)
    release_all([opened])


def test_labels_cross_with_their_ids(functions: None) -> None:
    opened = open_segmenters({"mine": "their_functions:cells"}, trusted=True, wall=Wall())["mine"]
    assert isinstance(opened, OnDemandSegmenter)
    assert opened.instances is None  # its digest is declared, so that it did not run yet
    found = opened.predict(IMAGES)
    release_all([opened])
    assert (found.dtype, opened.instances) == (np.int32, "labels")
    np.testing.assert_array_equal(found, np.stack([label(image > 150)[0] for image in IMAGES]))
    whole = predict_frame(opened, np.tile(IMAGES[0], (2, 1)))
    release_all([opened])
    assert whole.dtype == np.int32


def test_a_card_says_what_the_cells_are_before_the_model_is_loaded(tmp_path: Path) -> None:
    path = save_graph(onnx_graph(*convolution()), tmp_path / "mine.onnx")
    for card, kind in (({}, "components"), ({"output": {"instances": "watershed"}}, "watershed")):
        write_card(tmp_path / "mine.toml", card)
        opened = open_segmenters({"mine": str(path)}, trusted=False, wall=Wall())["mine"]
        assert getattr(opened, "instances", None) == kind
        release_all([opened])


def test_baseline_stays_here() -> None:
    opened = open_segmenters({"dog_otsu": "dog_otsu"}, trusted=False, wall=Wall())
    assert opened["dog_otsu"] is BASELINES.get("dog_otsu")
    (renamed,) = open_segmenters({"mine": "dog_otsu"}, trusted=False, wall=Wall()).values()
    assert (renamed.name, BASELINES.get("dog_otsu").name) == ("mine", "dog_otsu")


def test_model_that_hangs_while_it_is_loaded_costs_its_own_tests(functions: None) -> None:
    sources = {"hanging": "their_functions:hanging", "import": "hanging_module:predict", "sound": "dog_otsu"}
    opened = open_segmenters(sources, trusted=True, wall=Wall(seconds=3))
    load_all(opened.values())
    for name in ("hanging", "import"):
        with pytest.raises(ModelStoppedError, match="took more than 3 s to load and was stopped"):
            opened[name].predict(IMAGES)
    assert opened["sound"].predict(IMAGES).any()


def test_model_that_exits_while_it_is_loaded_costs_its_own_tests(functions: None, tmp_path: Path) -> None:
    (tmp_path / "exiting_module.py").write_text("raise SystemExit(0)\n")
    sources = {"exits": "their_functions:exits", "import": "exiting_module:predict", "sound": "dog_otsu"}
    opened = open_segmenters(sources, trusted=True, wall=Wall())
    load_all(opened.values())
    for name in ("exits", "import"):
        with pytest.raises(ModelStoppedError, match=r"raised SystemExit\(0\)"):
            opened[name].predict(IMAGES)
    assert opened["sound"].predict(IMAGES).any()


def test_program_that_is_not_trusted_is_refused(functions: None) -> None:
    with pytest.raises(ModelError, match="--rb-trust-model"):
        load_segmenter("their_functions:predict")
    with pytest.raises(ModelError, match="--rb-trust-model"):
        open_segmenters({"mine": "their_functions:predict"}, trusted=False, wall=Wall())


def test_function_of_the_program_that_runs_is_refused_with_the_remedy() -> None:
    remedy = (
        r"__main__:predict: is defined in the program that runs, .*; put it into a module .*, or give rb\.benchmark"
    )
    with pytest.raises(ModelError, match=remedy):
        load_segmenter("__main__:predict", trusted=True)
    with pytest.raises(ModelError, match=remedy):
        open_segmenters({"mine": "__main__:predict"}, trusted=True, wall=Wall())


@pytest.mark.parametrize("isolate", [True, False])
def test_module_that_runs_the_benchmark_as_it_is_imported_is_refused(
    isolate: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"without_a_guard_{isolate}"
    (tmp_path / f"{name}.py").write_text(
        "import robustbench_cells as rb\n\ndef predict(images):\n    return images / 255\n\n"
        f"rb.load_segmenter('{name}:predict', trusted=True)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    remedy = f'{name}:predict: its module runs the benchmark as it is imported, .* below `if __name__ == "__main__":`'
    with pytest.raises(ModelError, match=remedy):
        load_segmenter(f"{name}:predict", trusted=True, isolate=isolate)


def test_model_that_loads_another_does_so_in_its_own_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrapping.py").write_text(
        "import os\nimport robustbench_cells as rb\nnet = rb.load_segmenter('wrapped:predict', trusted=True)\n\n"
        "def predict(images):\n    return net.predict(images)\n"
    )
    (tmp_path / "wrapped.py").write_text("def predict(images):\n    return images / 255\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    wrapping = [load_segmenter("wrapping:predict", trusted=True) for _ in range(2)]
    np.testing.assert_allclose(wrapping[0].predict(IMAGES), IMAGES / 255)
    assert wrapping[0].digest == wrapping[1].digest
    assert not [one for child in psutil.Process().children() for one in child.children()]
    release_all(wrapping)


def test_network_is_as_in_this_process(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")
    paths = [str(save_graph(onnx_graph(*convolution(seed)), tmp_path / f"{seed}.onnx")) for seed in range(2)]
    here = [loading.load_segmenter(path) for path in paths]
    frame = np.random.default_rng(0).uniform(0, 255, (300, 400)).astype(np.float32)
    opened = open_segmenters({"zero": paths[0], "one": paths[1]}, trusted=False, wall=Wall())
    for segmenter, ours in zip(opened.values(), here, strict=True):
        assert segmenter.digest == ours.digest
        np.testing.assert_array_equal(segmenter.predict(IMAGES), ours.predict(IMAGES))
    release_all(opened.values())
    alone = rb.load_segmenter(paths[0])
    assert isinstance(alone, IsolatedSegmenter)
    np.testing.assert_array_equal(rb.predict_frame(alone, frame), rb.predict_frame(here[0], frame))
    assert alone.runner == here[0].runner  # type: ignore[attr-defined]
    assert type(rb.load_segmenter(paths[0], isolate=False)) is type(here[0])
    alone.release()


def test_warning_about_a_declaration_arrives(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")
    path = save_graph(onnx_graph(*convolution()), tmp_path / "flat.onnx")
    write_card(tmp_path / "flat.toml", {"input": {"range": [0, 1e-9]}})
    with pytest.warns(DeclarationWarning, match=r"flat: segments .* of a synthetic probe image"):
        rb.load_segmenter(path)


def test_model_that_lies_about_its_files_gets_none_of_others_sent(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "secret").write_text("secret")
    path = tmp_path / "models" / "net.onnx"
    path.write_bytes(b"net")
    lying = OnDemandSegmenter("net", "d", lambda: BASELINES.get("dog_otsu"), [f"{path.parent}/../secret"])
    with pytest.raises(ModelError, match="is outside of its folder, so it is not sent to a worker"):
        PackedModel.of(str(path), lying)
