"""Models, arrays and grids of a running program through the benchmark."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.errors import BenchmarkWarning, DataError, GridError, ModelError, UnknownNameError
from robustbench_cells.results.storage import load
from robustbench_cells.types import Image
from tests.support.frame_arrays import DATA, bright
from tests.support.pytest_runs import bench

GRID = {"noise": [0.0, 50.0]}


def run(models: Any, **more: Any) -> rb.BenchmarkResult:
    return rb.benchmark(models, DATA, more.pop("artefacts", GRID), profile="quick", progress=False, **more)


class Threshold:
    """A model with a state of its own."""

    def __init__(self, level: float) -> None:
        self.level = level

    def __call__(self, images: Image) -> Image:
        return (images > self.level).astype(np.float32)

    def predict(self, images: Image) -> Image:
        return self(images)


def closure(level: Any) -> Callable[[Image], Any]:
    return lambda images: images > level


def test_whatever_can_be_called_gives_the_same_scores() -> None:
    models = {
        "function": bright,
        "lambda": lambda images: images > 150,
        "closure": closure(150),
        "object": Threshold(150),
        "bound": Threshold(150).predict,
        "typed": eval("lambda images: images > 150"),  # noqa: S307 - as in a REPL: no source file
    }
    table = run(models).to_pandas().set_index(["model", "artefact", "intensity"])["jaccard"]
    for name in models:
        assert table[name].to_list() == table["function"].to_list()
    assert table["function", "clean", 0] == 1


def test_functions_of_other_content_are_told_apart() -> None:
    models = {
        "one": closure(150),
        "other": closure(151),
        "array": closure(np.array([[150.0]])),
        "another": closure(np.array([[150.001]])),
        "state": Threshold(150),
        "changed": Threshold(150.001),
    }
    digests = {name: digest for name, digest in run(models).results.run.segmenters.items() if name in models}
    assert len(set(digests.values())) == len(models)


def test_scores_are_those_of_the_plugin(tmp_path: Path) -> None:
    """The same frames, model, seed and grid as in a run by pytest give the same records."""
    bench(tmp_path, "--rb-model=dog_otsu", "--rb-profile=quick", "--rb-frames=2", "-k=clean or noise-50")
    data = rb.open_dataset("synthetic", frames=2)
    result = rb.benchmark("dog_otsu", data, {"noise": [50.0]}, profile="quick", progress=False)
    assert result.results.records.equals(load(tmp_path / "reports").records)


def test_cache_resumes_what_was_interrupted(tmp_path: Path) -> None:
    calls: list[int] = []

    def model(images: Image) -> Image:
        calls.append(len(images))
        if len(calls) == 9:  # four on the probe, two batches of each condition before the last
            raise KeyboardInterrupt
        return bright(images)

    model.digest = "bright 1"  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        run({"mine": model}, cache=tmp_path / "records.sqlite")
    before = len(calls)
    result = run({"mine": model}, cache=tmp_path / "records.sqlite")
    assert len(calls) - before == 6  # four on the probe again, and the last condition
    assert set(result.to_pandas()["model"]) == {"mine", "background"}


def test_model_that_fails_somewhere_is_left_out_there() -> None:
    def fragile(images: Image) -> Image:
        if len(images) == 16 and len(np.unique(images)) > 1000:  # not on the probe
            raise ZeroDivisionError("too noisy")
        return bright(images)

    with pytest.warns(BenchmarkWarning, match="fragile failed under noise-200 and is left out there; first error"):
        result = run({"fragile": fragile, "sound": bright}, artefacts={"noise": [0, 200]})
    assert list(result.failed) == [("fragile", "noise-200")]
    assert isinstance(result.failed["fragile", "noise-200"], ZeroDivisionError)
    assert len(result.curve("noise", "jaccard").query("model == 'fragile'")) == 1
    assert len(result.curve("noise", "jaccard").query("model == 'sound'")) == 2


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ({}, "none is given"),
        ({"m": 5}, "m: is int; a function or an object with predict"),
        ({"": bright}, "is not a name"),
        ({"dog_otsu": bright}, "'dog_otsu' is the name of a baseline"),
        ({"m": "nothing.keras"}, "nothing.keras: no such model file"),
        ({"m": lambda images: images}, "probabilities are in"),
        ({"m": lambda images: images[:, ::2] / 255}, "of the same shape"),
        ({"m": lambda images: 1 / 0}, "ZeroDivisionError"),
    ],
)
def test_unusable_model_is_refused_by_name(models: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        run(models)


@pytest.mark.parametrize(
    ("artefacts", "error", "words"),
    [
        ({"fog": [1]}, UnknownNameError, "no artefact is called 'fog'"),
        ({"noise": 50}, GridError, "a list of intensities or None is needed"),
        ({"noise": "50"}, GridError, "a list of intensities or None is needed"),
        ({"cell_size": [0]}, GridError, "cell_size=0: zoom 0"),
        ("fog", UnknownNameError, "no artefact is called 'fog'"),
    ],
)
def test_unusable_grid_is_refused(artefacts: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        run({"m": bright}, artefacts=artefacts)


def test_data_of_another_kind_are_refused() -> None:
    with pytest.raises(DataError, match="data: ndarray; give from_arrays"):
        rb.benchmark(bright, np.zeros((2, 300, 300)), progress=False)


def test_names_of_artefacts_alone_take_the_profiles_grid() -> None:
    for artefacts in ("noise", ["noise"], {"noise": None}):
        result = run(bright, artefacts=artefacts)
        assert sorted(set(result.curve("noise")["intensity"])) == [0, 50, 200]
        assert set(result.to_pandas()["model"]) == {"bright", "background"}


def test_arrays_count_as_independent_frames_unless_they_are_a_sequence() -> None:
    samples = [DATA.read(name) for name in DATA.frames]
    images, labels = [one.image for one in samples], [one.labels for one in samples]
    assert run(bright).results.run.settings.block == 1
    sequence = rb.from_arrays(images, labels, sequence=True)
    assert rb.benchmark(bright, sequence, GRID, progress=False).results.run.settings.block == 5
    assert run(bright, block=3).results.run.settings.block == 3


def test_bar_goes_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    result = rb.benchmark(bright, DATA, GRID, profile="quick")
    patches = result.to_pandas().query("model == 'bright'")["patches"].sum()
    assert f"{patches}/{patches}" in capsys.readouterr().err


def test_nothing_is_warned_of_and_no_thread_stays() -> None:
    before = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(bright)
    assert threading.active_count() == before


def test_two_models_of_one_function_keep_their_names() -> None:
    shipped = rb.BASELINES.get("dog_otsu")
    result = run({"a": shipped, "b": shipped})
    assert {"a", "b"} <= set(result.to_pandas()["model"])
    assert shipped.name == "dog_otsu"


def test_manifest_says_what_was_called() -> None:
    run_manifest = run({"mine": bright}, seed=3).results.run
    assert run_manifest.command.startswith("robustbench_cells.benchmark(")
    assert (run_manifest.settings.seed, run_manifest.settings.grids) == (3, {"noise": (0.0, 50.0)})
    assert json.dumps(run_manifest.to_json())
