"""Work on a Dask cluster: in pieces, with real processes, one of which is killed."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

distributed = pytest.importorskip("distributed", reason="needs the extra 'dask'")

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine import dask_backend as cluster
from robustbench_cells.engine import dask_worker
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.dask_worker import PackedFrames, PackedModel, WorkerSetup
from robustbench_cells.engine.tasks import Task, run_task, split_task
from robustbench_cells.errors import ClusterError, ModelError, ModelStoppedError
from robustbench_cells.models import opening
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.card import write_card
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.on_demand import load_all, release_all
from robustbench_cells.models.stopped import StoppedSegmenter
from robustbench_cells.types import MeasuredDataset
from tests.support.commands import export
from tests.support.measured_set import write_measured_set
from tests.support.networks import convolution, onnx_graph, save_graph, save_tiny_network
from tests.support.pytest_runs import BENCHMARK, QUICK_PAPER, WITHOUT_FIGURES, bench, same_files

PLACES = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5)), unique=True)


@pytest.fixture(scope="module")
def selection() -> Selection:
    return open_dataset("synthetic", frames=2)


def noisy(**missing: list[tuple[str, int]]) -> Task:
    return Task(Condition(ARTEFACTS.get("noise"), 50.0), missing, seed=0, most_patches=6, metrics=("jaccard",))


def some(selection: Selection) -> list[tuple[str, int]]:
    first, last = selection.frames
    return [(first, 0), (first, 3), (last, 1)]


def delivered(selection: Selection, **models: PackedModel) -> WorkerSetup:
    delivery = WorkerSetup(PackedFrames.of(selection), models, Wall())
    delivery.setup(SimpleNamespace(state=SimpleNamespace(nthreads=1)))
    return delivery


@given(st.dictionaries(st.sampled_from(["one", "two", "three"]), PLACES), st.integers(1, 9))
def test_pieces_are_all_of_the_work_and_nothing_twice(missing: dict[str, list[tuple[str, int]]], most: int) -> None:
    found = list(split_task(noisy(**missing), most))
    for name, places in missing.items():
        again = [place for piece in found for place in piece.missing.get(name, ())]
        assert sorted(again) == sorted(places)
    assert all(0 < len(piece.patches) <= most for piece in found)
    assert all(all(piece.missing.values()) for piece in found)


def test_packed_frames_are_the_same(selection: Selection) -> None:
    frames = PackedFrames.of(selection)
    assert (frames.key, frames.frames) == (selection.key, selection.frames)
    for frame in frames.frames:
        ours, theirs = frames.read(frame), selection.read(frame)
        np.testing.assert_array_equal(ours.image, theirs.image)
        np.testing.assert_array_equal(ours.labels, theirs.labels)
        assert (ours.dataset, ours.frame) == (theirs.dataset, theirs.frame)
        assert ours.image.dtype == theirs.image.dtype


def test_measured_images_are_packed_too(tmp_path: Path) -> None:
    data = open_dataset(write_measured_set(tmp_path))
    frames = pickle.loads(pickle.dumps(PackedFrames.of(data)))  # noqa: S301 - our own
    assert isinstance(frames, MeasuredDataset)
    assert frames.measured == {name: list(values) for name, values in data.measured.items()}
    for frame in frames.frames:
        ours, theirs = (one.read_measured(frame, "measured:focus", 6.0) for one in (frames, data))
        np.testing.assert_array_equal(ours.image, theirs.image)
        np.testing.assert_array_equal(ours.labels, theirs.labels)
    assert PackedFrames.of(open_dataset("synthetic", frames=1)).measured == {}


def test_a_delivery_does_the_work_as_it_is_done_here(selection: Selection) -> None:
    segmenter = BASELINES.get("dog_otsu")
    work = noisy(dog_otsu=some(selection))
    here = run_task(work, selection, {"dog_otsu": segmenter})
    there = delivered(selection, dog_otsu=PackedModel.of("dog_otsu", segmenter)).run_task(work)
    assert here.outcomes["dog_otsu"].records == there.outcomes["dog_otsu"].records
    assert len(here.outcomes["dog_otsu"].records) == 3
    assert there.timing.evaluate > 0


def test_labels_and_the_rule_of_a_card_reach_the_scores_of_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ids of a function, and the watershed that a card declares, in processes of their own on the worker."""
    onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    (tmp_path / "numbering.py").write_text(
        "import numpy\nfrom scipy.ndimage import label\n"
        "def predict(images):\n    return numpy.stack([label(image > 200)[0] for image in images])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    tensors = {"kernel": np.full((1, 1, 5, 5), 1 / 25, np.float32), "bias": np.array([-165], np.float32)}
    nodes = [
        onnx.helper.make_node("Conv", ["x", "kernel", "bias"], ["z"], pads=[2, 2, 2, 2]),
        onnx.helper.make_node("Sigmoid", ["z"], ["y"]),
    ]
    stored = [onnx.numpy_helper.from_array(values, name) for name, values in tensors.items()]
    save_graph(onnx_graph(nodes, stored), tmp_path / "cut.onnx")
    write_card(tmp_path / "cut.toml", {"output": {"instances": "watershed"}})
    data = open_dataset("synthetic_touching", frames=2)
    sources = {"numbering": "numbering:predict", "cut": str(tmp_path / "cut.onnx")}
    opened = opening.open_segmenters(sources, trusted=True, wall=Wall())
    counts = ("instances_predicted", "cells_predicted")
    work = replace(noisy(numbering=some(data), cut=some(data)), condition=Condition(), metrics=counts)
    here = run_task(work, data, opened)
    models = {name: PackedModel.of(sources[name], one, trusted=True) for name, one in opened.items()}
    delivery = delivered(data, **models)
    there = delivery.run_task(work)
    for name in sources:
        records = here.outcomes[name].records
        assert (records, len(records)) == (there.outcomes[name].records, 3)
        ids, components = (sum(record.scores[count] for record in records) for count in counts)
        assert ids > components > 0  # labels of 4-connected pixels, and masks that are cut
    delivery.teardown(None)
    release_all(opened.values())


def test_a_patch_that_there_is_not_is_a_fault(selection: Selection) -> None:
    work = noisy(dog_otsu=[*some(selection), ("nowhere", 0)])
    outcome = run_task(work, selection, {"dog_otsu": BASELINES.get("dog_otsu")}).outcomes["dog_otsu"]
    assert outcome.problems == ["3 of 4 patches exist in the frames"]


def a_keras_file(folder: Path) -> Path:
    return save_tiny_network(folder / "tiny.keras", seed=0)


def an_old_file_with_its_card(folder: Path) -> Path:
    load_tiny(folder).save(folder / "tiny.h5")
    write_card(folder / "tiny.h5.toml", {"file": {"legacy_h5": True}, "input": {"range": [255, 0]}})
    return folder / "tiny.h5"


def a_saved_model(folder: Path) -> Path:
    load_tiny(folder).export(folder / "tiny", verbose=False)
    return folder / "tiny"


def a_graph_with_data_beside(folder: Path) -> Path:
    onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    (folder / "inner").mkdir()
    graph = onnx_graph(*convolution())
    onnx.save_model(graph, folder / "tiny.onnx", save_as_external_data=True, location="inner/w.data", size_threshold=0)
    return folder / "tiny.onnx"


def a_package_folder(folder: Path) -> Path:
    pytest.importorskip("bioimageio.core", reason="needs the extra 'bioimageio'")
    write_card(folder / "tiny.toml", {"authors": ["A. Name"], "license": "MIT"})
    assert export([str(a_keras_file(folder)), "--to", "bioimageio"]) == 0
    with zipfile.ZipFile(folder / "tiny.zip") as archive:
        archive.extractall(folder / "package")
    return folder / "package"


def load_tiny(folder: Path) -> Any:
    return load_segmenter(str(a_keras_file(folder))).model  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # bioimageio leaves files open
@pytest.mark.parametrize(
    "make", [a_keras_file, an_old_file_with_its_card, a_saved_model, a_graph_with_data_beside, a_package_folder]
)
def test_a_model_travels_with_all_that_belongs_to_it(
    make: Callable[[Path], Path], tmp_path: Path, selection: Selection
) -> None:
    (tmp_path / "here").mkdir()
    path = make(tmp_path / "here")
    segmenter = load_segmenter(str(path), trusted=True)
    image = selection.read("000").image[None, :256, :256]
    wanted = segmenter.predict(image)
    model = PackedModel.of(str(path), segmenter, trusted=True)
    shutil.rmtree(tmp_path / "here")
    again = pickle.loads(pickle.dumps(model)).open(segmenter.name, tmp_path / "there", None)  # noqa: S301
    np.testing.assert_array_equal(again.predict(image), wanted)
    assert (again.name, again.digest) == (segmenter.name, segmenter.digest)


def test_a_program_that_is_not_trusted_here_is_not_trusted_there(tmp_path: Path) -> None:
    path = a_saved_model(tmp_path)
    model = PackedModel.of(str(path), load_segmenter(str(path), trusted=True))
    with pytest.raises(ModelError, match="--rb-trust-model"):
        load_all([model.open("tiny", tmp_path / "there", None)])


def test_files_of_an_isolated_model_are_those_that_its_process_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_graph_with_data_beside(tmp_path)
    monkeypatch.setattr(dask_worker, "companion_files", lambda source: pytest.fail("parsed in the process of the run"))
    (later,) = opening.open_segmenters({"tiny": str(path)}, trusted=False, wall=Wall()).values()
    now = opening.load_segmenter(path)
    for segmenter in (later, now):
        assert PackedModel.of(str(path), segmenter).content.keys() == {"tiny.onnx", "inner/w.data"}
    release_all([later, now])


def test_a_model_that_was_stopped_is_opened_nowhere_again(tmp_path: Path) -> None:
    path = tmp_path / "theirs.onnx"
    path.write_bytes(b"no graph")
    model = PackedModel.of(str(path), StoppedSegmenter("theirs", "theirs took too long"))
    assert not model.content
    with pytest.raises(ModelStoppedError, match="theirs took too long"):
        model.open("theirs", tmp_path / "worker", None).predict(np.zeros((1, 256, 256), np.float32))


def test_a_worker_of_another_version_is_refused(selection: Selection) -> None:
    segmenter = BASELINES.get("dog_otsu")
    other = delivered(selection, dog_otsu=replace(PackedModel.of("dog_otsu", segmenter), digest="dog_otsu 99"))
    with pytest.raises(ClusterError, match="a worker has a different dog_otsu"):
        other.run_task(noisy(dog_otsu=some(selection)))
    older = delivered(selection, dog_otsu=PackedModel.of("dog_otsu", segmenter))
    older.versions = {**older.versions, "artefact noise": 0}
    with pytest.raises(ClusterError, match="artefact noise is 0 here and 1 there"):
        older.run_task(noisy(dog_otsu=some(selection)))


def test_an_error_of_a_segmenter_comes_back_in_words(selection: Selection, monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = BASELINES.get("dog_otsu")
    monkeypatch.setattr(type(segmenter), "predict", lambda self, images: 1 / 0)
    found = delivered(selection, dog_otsu=PackedModel.of("dog_otsu", segmenter)).run_task(
        noisy(dog_otsu=some(selection))
    )
    assert str(found.outcomes["dog_otsu"].error) == "ZeroDivisionError: division by zero"
    assert not found.outcomes["dog_otsu"].valid


def test_no_scheduler_is_said_in_words(selection: Selection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE", 0.2)
    for address in ("tcp://127.0.0.1:1", "nonsense://"):
        with pytest.raises(ClusterError, match=f"{address}: no Dask scheduler answers there"):
            cluster.DaskBackend(address, selection, {}, patches=64, wall=Wall())
    with pytest.raises(ClusterError, match="at least 1 is needed"):
        cluster.DaskBackend("tcp://127.0.0.1:1", selection, {}, patches=0, wall=Wall())


def test_a_worker_that_comes_late_is_waited_for(selection: Selection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clients of the same frames and models on one scheduler, with other seeds: each gets its own."""
    monkeypatch.setattr(cluster, "_PATIENCE", 2.0)
    monkeypatch.setattr(sys, "path", list(sys.path))  # servers leave their folders there
    here = distributed.LocalCluster(n_workers=0, processes=False, protocol="tcp://", dashboard_address=":0")
    segmenters = {"dog_otsu": BASELINES.get("dog_otsu")}
    lines: list[str] = []

    def come(line: str) -> None:
        lines.append(line)
        here.scale(1)

    with here:
        clients = [
            cluster.DaskBackend(
                here.scheduler_address,
                selection,
                {"dog_otsu": PackedModel.of("dog_otsu", segmenters["dog_otsu"])},
                2,
                Wall(),
            )
            for _ in range(2)
        ]
        works = [replace(noisy(dog_otsu=some(selection)), seed=seed) for seed in (0, 1)]
        for one, work in zip(clients, works, strict=True):
            one.send(work)
        for one, work in zip(clients, works, strict=True):
            done = one.fetch(work, progress=lambda patches: None, on_records=lambda *found: None, waiting=come)
            one.close()
            alone = run_task(work, selection, segmenters)
            assert done.outcomes["dog_otsu"].records == alone.outcomes["dog_otsu"].records
    assert "waiting for a worker to join" in lines[0]


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """The address of a scheduler, and its two workers."""
    folder = tmp_path_factory.mktemp("dask")
    start = [sys.executable, "-m"]
    scheduler = subprocess.Popen(
        [*start, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert scheduler.stderr is not None
    address = next(found[1] for line in scheduler.stderr if (found := re.search(r"Scheduler at: *(\S+)", line)))
    worker = [*start, "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    workers = [subprocess.Popen(worker, cwd=folder, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def test_a_worker_is_killed_and_nothing_is_lost(tmp_path: Path, dask: tuple[str, list[subprocess.Popen[str]]]) -> None:
    address, (first, _) = dask
    network = a_saved_model(tmp_path)  # a folder, and a program
    small = (*QUICK_PAPER, "--rb-frames", "2", "--rb-model", "dog_otsu", "--rb-model", str(network))
    small += ("--rb-trust-model",)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    bench(here, *small)
    options = [*WITHOUT_FIGURES, *small, "--rb-dask", address, "--rb-dask-patches", "5", "-v", "-p", "no:randomly"]
    command = [sys.executable, "-m", "pytest", str(BENCHMARK), *options]
    process = subprocess.Popen(command, cwd=there, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if "dog_otsu-cell_size-1]" in line:  # in the midst of it
            first.kill()
    assert process.wait() == 0, output
    assert "360 records: 360 computed" in output
    same_files(there, here)
    run = json.loads((there / "reports" / "run.json").read_text())
    assert run["dask_workers"] == 2
    assert "360 records: all cached" in bench(there, *small, "--rb-dask", address)
