"""The grid on a Dask cluster: tasks go out, records come back (extra ``dask``).

Frames and models go to each worker once, as a worker plugin: the scheduler hands it to workers that join later, too.
Tasks of a lost worker are run again by others. A worker must have this package installed; that its artefacts, metrics
and models are the same as here is verified before it runs anything.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import distributed

from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.dask_worker import PackedFrames, PackedModel, WorkerSetup, run_on_worker
from robustbench_cells.engine.tasks import Task, TaskResult, split_task
from robustbench_cells.errors import ClusterError, RobustbenchError
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.types import Record

_PATIENCE = 20.0  # seconds for the scheduler to answer


class DaskBackend:
    """A connection to a Dask scheduler, and the tasks that are out.

    Parameters
    ----------
    address
        Address of the scheduler.
    selection
        All frames of the run.
    models
        Every segmenter of the run, by name.
    patches
        Cap on the patches per task.
    wall
        Limits of the models that the user brings.

    Attributes
    ----------
    workers
        Largest number of workers seen so far.

    Raises
    ------
    ClusterError
        If there is no scheduler, or its workers cannot be used.
    """

    def __init__(
        self, address: str, selection: Selection, models: Mapping[str, PackedModel], patches: int, wall: Wall
    ) -> None:
        if patches < 1:
            raise ClusterError(f"{patches} patches per task: at least 1 is needed")
        self._patches = patches
        self._address = address
        self._name = f"robustbench_cells-{uuid.uuid4().hex}"  # others may use the same cluster
        dask: Any = distributed  # whose functions have no types
        try:
            dask.comm.get_address_host_port(address, strict=True)  # a client would keep trying a malformed one
            self._client = dask.Client(address, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(f"{address}: no Dask scheduler answers there ({error}); see `dask scheduler`") from error
        try:
            self._client.register_plugin(WorkerSetup(PackedFrames.of(selection), models, wall), name=self._name)
        except Exception as error:  # whatever a worker without our package raises
            self._client.close()
            raise ClusterError(
                f"{address}: its workers cannot take the models and frames ({type(error).__name__}: {error}); "
                "install the same package there"
            ) from error
        self.workers = 0
        self._results: dict[str, TaskResult] = {}
        self._pending: dict[str, tuple[Task, Any]] = {}
        self._arriving = dask.as_completed(loop=self._client.loop)

    def send(self, task: Task) -> list[str]:
        """Send the parts of a task that are not out yet; returns the keys of all of them."""
        keys = []
        for part in split_task(task, self._patches):
            key = f"{task.condition.name}-{_digest(part.missing, self._name)}"
            keys.append(key)
            if key not in self._pending and key not in self._results:
                future = self._client.submit(run_on_worker, self._name, part, key=key)
                self._pending[key] = part, future
                self._arriving.add(future)
        return keys

    def fetch(
        self,
        task: Task,
        *,
        progress: Callable[[int], None],
        on_records: Callable[[Task, str, Sequence[Record]], None],
        waiting: Callable[[str], None] = lambda line: None,
    ) -> TaskResult:
        """Wait until a task is done.

        Parameters
        ----------
        task
            The task; it is sent first, if it is not out yet.
        progress
            Called with the number of patches of each part of it that arrives.
        on_records
            Called with the valid records of each part that arrives meanwhile, of this task or another.
        waiting
            Called with a line now and then while there is no worker.

        Raises
        ------
        ClusterError
            If the cluster is lost, or cannot run the task.
        """
        keys = self.send(task)
        while not (count := len(self._client.scheduler_info(n_workers=-1).get("workers", ()))):
            waiting(f"waiting for a worker to join {self._address}; start one by `dask worker {self._address}`")
            with suppress(TimeoutError):
                self._client.wait_for_workers(1, timeout=_PATIENCE)
        self.workers = max(self.workers, count)
        for key in keys:
            while key not in self._results:
                arrived, part = self._next(on_records)
                if arrived in keys:
                    progress(len(part.patches))
        return sum((self._results.pop(key) for key in keys), TaskResult())

    def _next(self, on_records: Callable[[Task, str, Sequence[Record]], None]) -> tuple[str, Task]:
        """The next part that arrives, of any task."""
        try:
            future = next(self._arriving)
            part, _ = self._pending.pop(future.key)
            result: TaskResult = future.result()
        except RobustbenchError:
            raise
        except Exception as error:
            raise ClusterError(
                f"{self._address}: the cluster failed ({type(error).__name__}: {error}); finished records are kept, "
                "and the same command resumes"
            ) from error
        self._results[future.key] = result
        for name, outcome in result.outcomes.items():
            if outcome.valid:
                on_records(part, name, outcome.records)
        return future.key, part

    def close(self) -> None:
        """Cancel what is out, and free the workers of frames and models."""
        with suppress(Exception):  # the cluster may be gone
            self._client.cancel([future for _, future in self._pending.values()])
            self._client.unregister_worker_plugin(self._name)
        self._client.close()


def _digest(*things: object) -> str:
    return hashlib.sha256(repr(things).encode()).hexdigest()[:16]
