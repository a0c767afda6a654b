"""How long things take: each segmenter and artefact, and the engine against the obvious loop; run where it is named.

pytest benchmarks/test_speed.py
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from robustbench_cells.api.examples import render_report_examples
from robustbench_cells.api.request import Request, open_request
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.batches import iter_patches, make_batches
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import GridCell, evaluate_batches
from robustbench_cells.engine.tasks import Timing
from robustbench_cells.metrics import METRICS, metrics_of
from robustbench_cells.metrics._base import Comparison
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.export import export
from robustbench_cells.models.loading import load, shipped_models
from robustbench_cells.models.opening import load_segmenter
from robustbench_cells.results.storage import load as load_results
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results
from robustbench_cells.types import BATCH, PATCH_SIDE, THRESHOLD, Image, Segmenter

_SEED = 0
_FUNCTION = """
import cv2, numpy as np


def predict(images):  # a classical pipeline: denoise, then threshold
    smooth = [cv2.fastNlMeansDenoising(image.astype(np.uint8), h=10) for image in images]
    return (np.stack(smooth) > 150).astype(np.float32)


predict.digest = "1"
"""
_CONDITION = Condition(ARTEFACTS.get("noise"), 50.0)


@pytest.fixture(scope="module")
def frames() -> Selection:
    """Four frames of the embedded data set: 24 patches."""
    return open_dataset("synthetic", frames=4)


@pytest.mark.parametrize("name", [*BASELINES.names(), *shipped_models()])
def test_segmenter(name: str, frames: Selection, benchmark: Any) -> None:
    """Seconds a batch of 16 patches; a sixteenth of it is the time per patch."""
    segmenter = load(name)
    (batch, *_) = make_batches(iter_patches(frames, _CONDITION, _SEED, 6), _CONDITION, _SEED)
    probabilities = benchmark.pedantic(segmenter.predict, (batch.images,), rounds=3, warmup_rounds=1)
    benchmark.extra_info["ms_per_patch"] = round(1000 * benchmark.stats["mean"] / BATCH, 2)
    assert probabilities.shape == batch.images.shape


@pytest.mark.parametrize("name", list(shipped_models()))
def test_onnx_export_against_keras(
    name: str, tmp_path: Path, benchmark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A batch by the model's own ONNX export, as a multiple of the time that its ``.keras`` file takes; equal masks."""
    export(name, "onnx", tmp_path / f"{name}.onnx")
    keras, onnx = load(name), load(str(tmp_path / f"{name}.onnx"))
    images = np.random.default_rng(0).uniform(0, 255, (BATCH, PATCH_SIDE, PATCH_SIDE)).astype(np.float32)
    differing = np.mean((keras.predict(images) > THRESHOLD) != (onnx.predict(images) > THRESHOLD))
    pairs = [(_cpu_seconds(keras, images), _cpu_seconds(onnx, images)) for _ in range(6)]  # in turn: load hits both
    ratio = min(by_onnx for _, by_onnx in pairs) / min(by_keras for by_keras, _ in pairs)
    benchmark.pedantic(onnx.predict, (images,), rounds=3)
    benchmark.extra_info["multiple_of_the_keras_file"] = round(ratio, 3)
    with capsys.disabled():
        print(f"\n{name}: its ONNX export takes {ratio:.2f} times the CPU time of its .keras file")
    assert differing < 1e-4


@pytest.mark.parametrize("kind", ["onnx", "function"])
def test_cost_of_a_process_of_its_own(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, benchmark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A batch by a model in a process of its own, as a multiple of the time that it takes in this one."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "costly.py").write_text(_FUNCTION)
    source = str(tmp_path / "unet.onnx") if kind == "onnx" else "costly:predict"
    if kind == "onnx":
        export("unet_original", "onnx", Path(source))
    here = load_segmenter(source, trusted=True, isolate=False)
    there = load_segmenter(source, trusted=True)
    images = np.random.default_rng(0).uniform(0, 255, (BATCH, PATCH_SIDE, PATCH_SIDE)).astype(np.float32)
    np.testing.assert_array_equal(here.predict(images), there.predict(images))
    pairs = [(_cpu_seconds(here, images), _cpu_seconds(there, images)) for _ in range(6)]  # in turn: load hits both
    ratio = min(isolated for _, isolated in pairs) / min(alone for alone, _ in pairs)
    benchmark.pedantic(there.predict, (images,), rounds=3)
    benchmark.extra_info["multiple_of_this_process"] = round(ratio, 3)
    with capsys.disabled():
        print(
            f"\n{kind}: a batch in a process of its own takes {ratio:.3f} times the CPU time that it takes in this one"
        )


def _cpu_seconds(segmenter: Segmenter, images: Image) -> float:
    started = _cpu_time()
    segmenter.predict(images)
    return _cpu_time() - started


def _cpu_time() -> float:
    """CPU time of this process and of those of models."""
    theirs = [child.cpu_times() for child in psutil.Process().children()]
    return time.process_time() + sum(times.user + times.system for times in theirs)


def _cpu_waited_for() -> float:
    """CPU time of this process, and of those that it has waited for: untrusted models run in processes of their own."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(("name", "end"), [(name, end) for name in ARTEFACTS.names() for end in (0, -1)])
def test_artefact(name: str, end: int, frames: Selection, benchmark: Any) -> None:
    """Seconds of one core a patch, at both ends of the grid: the strongest intensity is one of them."""
    artefact = ARTEFACTS.get(name)
    condition = Condition(artefact, float(artefact.grid("full")[end]))
    view = next(iter(iter_patches(frames, condition, _SEED, 6)))
    image, _ = benchmark.pedantic(condition.distort, (view, _SEED), rounds=20, warmup_rounds=1)
    assert image.shape == (PATCH_SIDE, PATCH_SIDE)


@pytest.mark.benchmark(timer=time.process_time)
def test_scores_of_a_patch_with_60_cells(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """CPU time a patch of all scores of cells as instances, over batches of 16; most matched, some merged."""
    rows, columns = np.indices((PATCH_SIDE, PATCH_SIDE))
    across, down = np.meshgrid(np.arange(16, PATCH_SIDE, 32), np.arange(16, PATCH_SIDE, 32))
    truth = np.zeros((BATCH, PATCH_SIDE, PATCH_SIDE), np.int32)
    for number, (column, row) in enumerate(zip(across.ravel()[:60], down.ravel()[:60], strict=True)):
        truth[:, (rows - row) ** 2 + (columns - column) ** 2 <= 90] = number + 1
    predicted = np.roll(truth, (1, 1), axis=(1, 2))
    predicted = np.where(predicted > 55, 55, predicted)
    metrics = [metric for metric in metrics_of(["ap50"]) if metric.group == "instances"]

    def score() -> float:
        comparison = Comparison(predicted > 0, truth > 0, None, predicted, truth)
        return float({metric.name: metric.score(comparison) for metric in metrics}["merged"][0])

    assert benchmark.pedantic(score, rounds=20, warmup_rounds=1) == 5
    milliseconds = 1000 * benchmark.stats["min"] / BATCH
    benchmark.extra_info["milliseconds_a_patch"] = round(milliseconds, 2)
    with capsys.disabled():
        print(f"\nscores of 60 cells: {milliseconds:.2f} ms a patch (the limit is 1.5)")


@pytest.mark.skipif(not shipped_models(), reason="no shipped model; train one with robustbench_cells.train")
def test_engine_against_the_obvious_loop(frames: Selection, benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The same patches, one `Model.predict` an image; both give the same scores, up to the rounding of the network."""
    import keras

    name, path = next(iter(shipped_models().items()))
    segmenter, model = load(name), keras.saving.load_model(path, compile=False)
    metrics = tuple(METRICS)

    def engine() -> list[float]:
        views = iter_patches(frames, _CONDITION, _SEED, 6)
        outcomes = evaluate_batches(make_batches(views, _CONDITION, _SEED), _CONDITION, [segmenter], metrics)
        return [record.scores["jaccard"] for record in outcomes[name].records]

    def loop() -> list[float]:
        scores = []
        for view in iter_patches(frames, _CONDITION, _SEED, 6):
            image, labels = _CONDITION.distort(view, _SEED)
            mask = model.predict(image[None, ..., None], verbose=0)[0, ..., 0] > 0.5
            comparison = Comparison(mask[None], labels[None] > 0)
            scores.append(float({metric.name: metric.score(comparison) for metric in metrics}["jaccard"][0]))
        return scores

    loop()  # the first call compiles
    started = time.perf_counter()
    looped = loop()
    seconds = time.perf_counter() - started
    scores = benchmark.pedantic(engine, rounds=3, warmup_rounds=1)
    ratio = seconds / benchmark.stats["mean"]
    benchmark.extra_info["times_faster_than_the_loop"] = round(ratio, 2)
    with capsys.disabled():
        print(f"\nengine against the obvious loop on {len(scores)} patches: {ratio:.1f} times as fast")
    np.testing.assert_allclose(scores, looped, atol=0.01)


@pytest.mark.skipif(len(shipped_models()) < 2, reason="needs two shipped models")
def test_one_of_seven_retrained(tmp_path: Path, benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """CPU time of a second run of the quick grid after one of seven networks was replaced, as a share of the first."""
    old, new, *_ = shipped_models().values()
    paths = [shutil.copyfile(old, tmp_path / f"unet_{number}.keras") for number in range(7)]
    request = Request(profile="quick", models=tuple(str(path) for path in paths))
    names = [condition.name for condition in request.conditions]
    wanted = {name: [path.stem for path in paths] for name in names}

    def run() -> tuple[Timing, float]:
        started = _cpu_waited_for()
        opened = open_request(request, wanted, tmp_path / "records.sqlite")
        opened.load_models()
        for name in names:
            opened.outcome(name, paths[0].stem)
        cells = [GridCell(path.stem, name, valid=True) for name in names for path in paths]
        results = opened.results(cells, opened.timing, "benchmarks/test_speed.py")
        assert results is not None
        save(results, tmp_path)
        render_report_examples(opened, results)
        opened.close()
        return opened.timing, _cpu_waited_for() - started

    load(str(old)).predict(np.zeros((1, PATCH_SIDE, PATCH_SIDE), np.float32))  # TensorFlow itself is imported by now
    first, whole = run()
    shutil.copyfile(new, paths[3])
    second, part = benchmark.pedantic(run, rounds=1)
    share = part / whole
    benchmark.extra_info["share_of_the_first_run"] = round(share, 3)
    with capsys.disabled():
        print(
            f"\none of seven retrained: {share:.1%} of the first run's {whole:.0f} s of CPU time "
            f"(a seventh is {1 / 7:.1%})"
        )
    assert (second.computed, second.cached) == (first.computed // 7, first.computed * 6 // 7)


@pytest.mark.skipif(not shipped_models(), reason="no shipped model; train one with robustbench_cells.train")
def test_warm_run(tmp_path: Path, benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Seconds of a run whose records, example patches and figures are all there, of the shipped networks."""
    suite = Path(__file__).with_name("test_robustness.py")
    command = [sys.executable, "-m", "pytest", str(suite), "-q", "--rb-profile=quick", f"--rb-reports={tmp_path}"]

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - this interpreter
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    cold = run()
    run()  # once for the compiled modules of this package
    warm = benchmark.pedantic(run, rounds=1)
    benchmark.extra_info["cpu_seconds"] = round(warm, 1)
    with capsys.disabled():
        print(
            f"\na run from a warm store: {warm:.1f} s of CPU time, {benchmark.stats['mean']:.1f} s in all; "
            f"the first took {cold:.0f} s of CPU time"
        )


def test_report_of_100_000_records(tmp_path: Path, benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Seconds and peak memory of the report command, on the committed baseline's records over and over."""
    small = load_results(Path(__file__).parents[1] / "reports" / "baseline")
    copies = 100_000 // len(small.records) + 1
    parts = [small.records.assign(frame=small.records["frame"] + f"-{copy}") for copy in range(copies)]
    records = pd.concat(parts, ignore_index=True).iloc[:100_000]
    frames = sorted(records["frame"].unique())
    dataset = replace(small.run.dataset, frames=tuple(frames), positions=tuple(range(len(frames))))
    save(Results(records, replace(small.run, dataset=dataset)), tmp_path)
    command = [sys.executable, "-m", "robustbench_cells.report", "--results", str(tmp_path)]
    benchmark.pedantic(subprocess.run, (command,), {"check": True, "capture_output": True}, rounds=1)
    mebibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # the largest child so far
    with capsys.disabled():
        print(f"\nreport of {len(records)} records: {benchmark.stats['mean']:.1f} s, at most {mebibytes:.0f} MiB")
    assert (tmp_path / "index.html").is_file()
