"""The grid on a Dask cluster: pieces of work go out, records come back (extra ``dask``).

Frames and models go to each worker once, as a plugin of it: the scheduler hands it to those that join later too. Pieces
of a worker that is lost are done again by others. What every worker must have installed is this package; that its
artefacts, metrics and models are the same as here is checked before it does anything.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import distributed
import numpy as np

from robustbench_cells import __version__
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.evaluate import Outcome
from robustbench_cells.engine.tasks import Task, TaskResult, run_task
from robustbench_cells.errors import ClusterError, RobustbenchError
from robustbench_cells.metrics import METRICS
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.card import card_path
from robustbench_cells.models.loading import format_of, load_segmenter, shipped_models
from robustbench_cells.models.runtimes.threads import limit_threads
from robustbench_cells.types import Dataset, Record, Sample, Segmenter

_PATIENCE = 20.0  # seconds for the scheduler to answer


def _versions() -> dict[str, object]:
    """What must be the same on both sides for the same numbers."""
    return {
        "robustbench_cells": __version__,
        **{f"artefact {artefact.name}": artefact.version for artefact in ARTEFACTS},
        **{f"metric {metric.name}": metric.version for metric in METRICS},
    }


@dataclass(frozen=True, eq=False)
class PackedFrames:
    """The frames of a run, packed: a `Dataset` that needs no disk."""

    key: str
    title: str
    frames: Sequence[str]
    sequence: bool
    packed: Mapping[str, bytes]

    @classmethod
    def of(cls, dataset: Dataset) -> PackedFrames:
        """All frames of a data set, compressed without loss."""
        packed = {}
        for frame in dataset.frames:
            sample, buffer = dataset.read(frame), io.BytesIO()
            np.savez_compressed(buffer, image=sample.image, labels=sample.labels)
            packed[frame] = buffer.getvalue()
        return cls(dataset.key, dataset.title, tuple(dataset.frames), dataset.sequence, packed)

    def read(self, frame: str) -> Sample:
        """See `Dataset.read`."""
        with np.load(io.BytesIO(self.packed[frame]), allow_pickle=False) as arrays:
            return Sample(self.key, frame, arrays["image"], arrays["labels"])


@dataclass(frozen=True)
class PackedModel:
    """A segmenter by its name; or a file or a folder with its card, by what they hold.

    A Python function has no content that could be sent: every worker must be able to import the same.
    """

    source: str
    digest: str
    trusted: bool = False
    content: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, source: str, segmenter: Segmenter, *, trusted: bool = False) -> PackedModel:
        """From what the user gave."""
        path = Path(source)
        if source in BASELINES or source in shipped_models() or not path.exists():
            return cls(source, segmenter.digest, trusted)
        known = format_of(source)
        files = [path, card_path(path), *path.rglob("*"), *(known.companion_files(source) if known else ())]
        content = {file.relative_to(path.parent).as_posix(): file.read_bytes() for file in files if file.is_file()}
        return cls(path.name, segmenter.digest, trusted, content)

    def load(self) -> Segmenter:
        """Raises a `ClusterError` if it is another than was meant."""
        if self.source in BASELINES:
            segmenter = BASELINES.get(self.source)
        elif not self.content:
            segmenter = load_segmenter(self.source, trusted=self.trusted)
        else:
            with tempfile.TemporaryDirectory() as folder:
                for name, content in self.content.items():
                    path = Path(folder) / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                segmenter = load_segmenter(str(Path(folder) / self.source), trusted=self.trusted)
        if segmenter.digest != self.digest:
            raise ClusterError(f"a worker has another {self.source}; install the same package there as here")
        return segmenter


class WorkerSetup(distributed.WorkerPlugin):
    """What every worker needs, brought to it once: a plugin of a Dask worker."""

    def __init__(self, frames: PackedFrames, models: Mapping[str, PackedModel]) -> None:
        self.frames = frames
        self.models = models
        self.versions = _versions()

    def setup(self, worker: Any) -> None:
        """Called by Dask on the worker, as the delivery arrives."""
        self._lock = threading.Lock()  # a worker's threads share one copy of each model
        self._threads: int = worker.state.nthreads
        self._segmenters: dict[str, Segmenter] = {}

    def run_task(self, work: Task) -> TaskResult:
        """A piece of work, with models opened once."""
        with self._lock:
            if not self._segmenters:
                self._open()
            try:
                done = run_task(work, self.frames, self._segmenters)
            except Exception as error:  # the artefact is anybody's code
                faulty = {name: Outcome(name, work.condition, (), error=error) for name in work.missing}
                done = TaskResult(faulty)
        outcomes = {name: replace(outcome, error=_portable(outcome.error)) for name, outcome in done.outcomes.items()}
        return TaskResult(outcomes, done.timing)

    def _open(self) -> None:
        ours = _versions()
        other = [
            f"{what} is {version} here and {ours.get(what, 'not known')} there"
            for what, version in self.versions.items()
            if ours.get(what) != version
        ]
        if other:
            raise ClusterError(f"a worker is not like this machine: {'; '.join(other)}; install the same package there")
        limit_threads(self._threads)
        self._segmenters = {name: model.load() for name, model in self.models.items()}
        for name, segmenter in self._segmenters.items():
            segmenter.name = name


def _portable(error: Exception | None) -> Exception | None:
    """An error of anybody's code may not survive the journey; its words do."""
    return error and RuntimeError(f"{type(error).__name__}: {error}")


def _run_task(name: str, work: Task) -> TaskResult:
    """What a worker is asked to run."""
    delivery: Any = distributed.get_worker().plugins[name]
    return delivery.run_task(work)


class DaskBackend:
    """A connection to a Dask scheduler, and the pieces of work that are out.

    Parameters
    ----------
    address
        Of the scheduler.
    selection
        All frames of the run.
    models
        Every segmenter of the run, by name.
    patches
        Cap on the patches per task.

    Attributes
    ----------
    workers
        The most that there were when something was asked for.

    Raises
    ------
    ClusterError
        If there is no scheduler, or its workers cannot be used.
    """

    def __init__(
        self,
        address: str,
        selection: Selection,
        models: Mapping[str, PackedModel],
        patches: int,
    ) -> None:
        if patches < 1:
            raise ClusterError(f"{patches} patches in a task: at least 1 is needed")
        self._patches = patches
        self._address = address
        self._name = f"robustbench_cells-{uuid.uuid4().hex}"  # others may use the same cluster
        dask: Any = distributed  # whose functions have no types
        try:
            dask.comm.get_address_host_port(address, strict=True)  # a client would go on trying what is no address
            self._client = dask.Client(address, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(f"{address}: no Dask scheduler answers there ({error}); see `dask scheduler`") from error
        try:
            self._client.register_plugin(WorkerSetup(PackedFrames.of(selection), models), name=self._name)
        except Exception as error:  # whatever a worker without our package raises
            self._client.close()
            raise ClusterError(
                f"{address}: its workers cannot take the models and frames ({type(error).__name__}: {error}); "
                "install the same package there"
            ) from error
        self.workers = 0
        self._done: dict[str, TaskResult] = {}
        self._out: dict[str, tuple[Task, Any]] = {}
        self._arriving = dask.as_completed(loop=self._client.loop)

    def send(self, work: Task) -> list[str]:
        """Send a work out in pieces, those that are not out already; returns their keys."""
        keys = []
        for piece in split_task(work, self._patches):
            key = f"{work.condition.name}-{_digest(piece.missing, self._name)}"
            keys.append(key)
            if key not in self._out and key not in self._done:
                future = self._client.submit(_run_task, self._name, piece, key=key)
                self._out[key] = piece, future
                self._arriving.add(future)
        return keys

    def fetch(
        self,
        work: Task,
        *,
        progress: Callable[[int], None],
        on_records: Callable[[Task, str, Sequence[Record]], None],
        waiting: Callable[[str], None] = lambda line: None,
    ) -> TaskResult:
        """Wait until a work is done.

        Parameters
        ----------
        work
            What; it is sent first, if it is not out yet.
        progress
            Takes the number of its patches that a piece brought.
        on_records
            Takes the sound records of each piece that arrives meanwhile, of this work or another.
        waiting
            Takes a line now and then while there is no worker.

        Raises
        ------
        ClusterError
            If the cluster is lost, or cannot do it.
        """
        keys = self.send(work)
        while not (count := len(self._client.scheduler_info(n_workers=-1).get("workers", ()))):
            waiting(f"waiting for a worker to join {self._address}; start one by `dask worker {self._address}`")
            with suppress(TimeoutError):
                self._client.wait_for_workers(1, timeout=_PATIENCE)
        self.workers = max(self.workers, count)
        for key in keys:
            while key not in self._done:
                arrived, piece = self._next(on_records)
                if arrived in keys:
                    progress(len(piece.patches))
        return sum((self._done.pop(key) for key in keys), TaskResult())

    def _next(self, on_records: Callable[[Task, str, Sequence[Record]], None]) -> tuple[str, Task]:
        """The next piece that arrives, whosever it is."""
        try:
            future = next(self._arriving)
            piece, _ = self._out.pop(future.key)
            done: TaskResult = future.result()
        except RobustbenchError:
            raise
        except Exception as error:
            raise ClusterError(
                f"{self._address}: the cluster failed ({type(error).__name__}: {error}); what is done is kept, and the "
                "same command goes on"
            ) from error
        self._done[future.key] = done
        for name, outcome in done.outcomes.items():
            if outcome.valid:
                on_records(piece, name, outcome.records)
        return future.key, piece

    def close(self) -> None:
        """Call back what is out, and let the workers forget what they were brought."""
        with suppress(Exception):  # it may be gone
            self._client.cancel([future for _, future in self._out.values()])
            self._client.unregister_worker_plugin(self._name)
        self._client.close()


def split_task(work: Task, most: int) -> Iterator[Task]:
    """The same work in pieces of at most so many patches."""
    places = work.patches
    for start in range(0, len(places), most):
        some = set(places[start : start + most])
        missing = {name: [place for place in its if place in some] for name, its in work.missing.items()}
        yield replace(work, missing={name: its for name, its in missing.items() if its})


def _digest(*things: object) -> str:
    return hashlib.sha256(repr(things).encode()).hexdigest()[:16]
