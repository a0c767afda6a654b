"""What goes to a Dask worker: frames, models, and the setup that runs tasks with them (extra ``dask``)."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os.path import abspath
from pathlib import Path
from typing import Any

import distributed
import numpy as np

from robustbench_cells import __version__
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.engine.evaluate import Outcome
from robustbench_cells.engine.tasks import Task, TaskResult, run_task
from robustbench_cells.errors import ClusterError, ModelError, ModelStoppedError, refuse_exits
from robustbench_cells.files.reading import MAX_MODEL, read_bytes
from robustbench_cells.metrics import METRICS
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.card import card_path
from robustbench_cells.models.isolation.host import Host
from robustbench_cells.models.isolation.segmenter import IsolatedSegmenter
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.loading import companion_files, shipped_models
from robustbench_cells.models.on_demand import OnDemandSegmenter, release_all
from robustbench_cells.models.opening import make_host, open_segmenter
from robustbench_cells.models.runtimes.threads import limit_threads
from robustbench_cells.models.stopped import StoppedSegmenter
from robustbench_cells.types import Dataset, MeasuredDataset, Sample, Segmenter


def _versions() -> dict[str, object]:
    """What must be equal on both sides for equal numbers."""
    return {
        "robustbench_cells": __version__,
        **{f"artefact {ARTEFACTS.qualified_name(artefact.name)}": artefact.version for artefact in ARTEFACTS},
        **{f"metric {METRICS.qualified_name(metric.name)}": metric.version for metric in METRICS},
    }


@dataclass(frozen=True, eq=False)
class PackedFrames:
    """The frames of a run, compressed without loss: a `Dataset` that needs no disk."""

    key: str
    title: str
    frames: Sequence[str]
    sequence: bool
    packed: Mapping[str, bytes]
    packed_measured: Mapping[tuple[str, str, float], bytes] = field(default_factory=dict)  # by frame, axis and value

    @classmethod
    def of(cls, dataset: Dataset) -> PackedFrames:
        """Pack all frames of a data set."""
        packed = {frame: _pack(dataset.read(frame)) for frame in dataset.frames}
        measured = {}
        if isinstance(dataset, MeasuredDataset):
            steps = [(axis, value) for axis, values in dataset.measured.items() for value in values]
            measured = {
                (frame, *step): _pack(dataset.read_measured(frame, *step)) for frame in dataset.frames for step in steps
            }
        return cls(dataset.key, dataset.title, tuple(dataset.frames), dataset.sequence, packed, measured)

    def read(self, frame: str) -> Sample:
        """See `Dataset.read`."""
        return self._unpack(frame, self.packed[frame])

    @property
    def measured(self) -> Mapping[str, Sequence[float]]:
        """See `MeasuredDataset`."""
        values: dict[str, list[float]] = {}
        for axis, value in dict.fromkeys((axis, value) for _, axis, value in self.packed_measured):
            values.setdefault(axis, []).append(value)
        return values

    def read_measured(self, frame: str, axis: str, value: float) -> Sample:
        """See `MeasuredDataset.read_measured`."""
        return self._unpack(frame, self.packed_measured[frame, axis, value])

    def _unpack(self, frame: str, content: bytes) -> Sample:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Sample(self.key, frame, arrays["image"], arrays["labels"])


def _pack(sample: Sample) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, image=sample.image, labels=sample.labels)
    return buffer.getvalue()


@dataclass(frozen=True)
class PackedModel:
    """A segmenter as it is sent to workers: by its name, or by the content of its files.

    A Python function has no content that could be sent: every worker must be able to import it.

    Attributes
    ----------
    source
        Name, function or file name of the model.
    digest
        Digest that the loaded model must have.
    trusted
        Whether it may run code of its own.
    content
        Content of each file, by its path; empty for what is loaded by name.
    stopped
        Why it is not to be opened anywhere: it was stopped here; empty if it was not.
    """

    source: str
    digest: str
    trusted: bool = False
    content: Mapping[str, bytes] = field(default_factory=dict)
    stopped: str = ""

    @classmethod
    def of(cls, source: str, segmenter: Segmenter, *, trusted: bool = False) -> PackedModel:
        """Pack the model that a user named."""
        if isinstance(segmenter, StoppedSegmenter):
            return cls(source, segmenter.digest, trusted, stopped=segmenter.why)
        path = Path(abspath(source))
        if source in BASELINES or source in shipped_models() or not path.exists():
            return cls(source, segmenter.digest, trusted)
        if isinstance(segmenter, OnDemandSegmenter | IsolatedSegmenter):
            others = segmenter.files
        else:
            others = companion_files(source)
        files = [path, card_path(path), *path.rglob("*"), *(Path(abspath(file)) for file in others)]
        if outside := [file for file in files if not file.is_relative_to(path.parent)]:
            raise ModelError(f"{source}: its file {outside[0]} is outside of its folder, so it is not sent to a worker")
        content = {
            file.relative_to(path.parent).as_posix(): read_bytes(file, MAX_MODEL, ModelError)
            for file in files
            if file.is_file()
        }
        return cls(path.name, segmenter.digest, trusted, content)

    def open(self, name: str, folder: Path, host: Host | None) -> Segmenter:
        """Open the model under a name, with its files in a folder (see `open_segmenter`).

        Raises
        ------
        ClusterError
            If its digest is another one.
        """
        if self.stopped:
            return StoppedSegmenter(name, self.stopped)
        source = self.source
        for file, content in self.content.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            source = str(folder / self.source)
        segmenter = open_segmenter(name, source, trusted=self.trusted, host=host)
        if not isinstance(segmenter, StoppedSegmenter) and segmenter.digest != self.digest:
            raise ClusterError(f"a worker has a different {self.source}; install the same package there as here")
        return segmenter


class WorkerSetup(distributed.WorkerPlugin):
    """What every worker needs, sent to it once: a plugin of a Dask worker."""

    def __init__(self, frames: PackedFrames, models: Mapping[str, PackedModel], wall: Wall) -> None:
        self.frames = frames
        self.models = models
        self.wall = wall
        self.versions = _versions()

    def setup(self, worker: Any) -> None:
        """Prepare the worker; called by Dask as the plugin arrives."""
        self._lock = threading.Lock()  # its threads share one copy of each model
        self._threads: int = worker.state.nthreads
        self._segmenters: dict[str, Segmenter] = {}
        self._host = make_host(self.wall, [model.source for model in self.models.values()])
        self._folder = tempfile.TemporaryDirectory(prefix="robustbench-cells-", ignore_cleanup_errors=True)

    def teardown(self, worker: Any) -> None:
        """End the processes of models, and remove their files; called by Dask as the plugin goes."""
        with self._lock:
            release_all(self._segmenters.values())
            self._folder.cleanup()

    def run_task(self, task: Task) -> TaskResult:
        """Run a task; each model that it needs is loaded once."""
        with self._lock:
            self._open(task.missing)
            try:
                with refuse_exits(task.condition.name):
                    result = run_task(task, self.frames, self._segmenters)
            except Exception as error:  # an artefact may be third-party code
                result = TaskResult({name: Outcome(name, task.condition, (), error=error) for name in task.missing})
        outcomes = {name: replace(outcome, error=_portable(outcome.error)) for name, outcome in result.outcomes.items()}
        return TaskResult(outcomes, result.timing)

    def _open(self, names: Iterable[str]) -> None:
        missing = [name for name in names if name not in self._segmenters]
        if not missing:
            return
        ours = _versions()
        other = [
            f"{what} is {version} here and {ours.get(what, 'missing')} there"
            for what, version in self.versions.items()
            if ours.get(what) != version
        ]
        if other:
            raise ClusterError(f"a worker differs from here: {'; '.join(other)}; install the same package there")
        limit_threads(self._threads)
        for name in missing:
            folder = Path(self._folder.name) / str(len(self._segmenters))
            self._segmenters[name] = self.models[name].open(name, folder, self._host)


def _portable(error: Exception | None) -> Exception | None:
    """An error that can be pickled: one of third-party code may not."""
    if isinstance(error, ModelStoppedError):
        return ModelStoppedError(str(error))
    return error and RuntimeError(f"{type(error).__name__}: {error}")


def run_on_worker(name: str, task: Task) -> TaskResult:
    """Run a task by the setup of that name; called on the worker."""
    setup: Any = distributed.get_worker().plugins[name]
    return setup.run_task(task)
