"""How the Dask cluster grows: records a second with one and with two workers here, and what the scheduler costs a task.

python benchmarks/dask_workers.py --workers 1 2
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import distributed

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.dask_backend import DaskBackend
from robustbench_cells.engine.dask_worker import PackedModel
from robustbench_cells.engine.tasks import Task, TaskResult
from robustbench_cells.models.isolation.wall import Wall
from robustbench_cells.models.loading import load

TASKS = 2000  # that do nothing, to time the scheduler by
PATCHES = 6  # of a frame


@contextmanager
def workers(count: int) -> Iterator[str]:
    """The address of a scheduler with so many workers of one thread each."""
    start = [sys.executable, "-m"]
    scheduler = subprocess.Popen(  # noqa: S603
        [*start, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: Any = scheduler.stderr
    address = next(found[1] for line in lines if (found := re.search(r"Scheduler at: *(\S+)", line)))
    worker = [*start, "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    started = [subprocess.Popen(worker, stderr=subprocess.DEVNULL) for _ in range(count)]  # noqa: S603
    try:
        yield address
    finally:
        for process in (*started, scheduler):
            process.kill()
            process.wait()


def work(condition: Condition, names: Sequence[str], frames: Sequence[str]) -> Task:
    """All patches of some frames, for all segmenters."""
    places = [(frame, index) for frame in frames for index in range(PATCHES)]
    return Task(condition, dict.fromkeys(names, places), 0, PATCHES, ("jaccard",))


def records_a_second(address: str, count: int, names: Sequence[str], selection: Selection) -> float:
    """After each worker has opened the models."""
    models = {name: PackedModel.of(name, load(name)) for name in names}
    cluster = DaskBackend(address, selection, models, patches=16, wall=Wall())

    def fetch(what: Task) -> TaskResult:
        return cluster.fetch(what, progress=lambda patches: None, on_records=lambda work, name, records: None)

    conditions = [Condition(ARTEFACTS.get("noise"), float(sigma)) for sigma in (10, 50, 100, 150, 200)]
    with distributed.Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(count)
    fetch(work(Condition(), names, selection.frames))
    everything = [work(condition, names, selection.frames) for condition in conditions]
    started = time.perf_counter()
    for one in everything:
        cluster.send(one)
    made = sum(len(outcome.records) for one in everything for outcome in fetch(one).outcomes.values())
    seconds = time.perf_counter() - started
    cluster.close()
    return made / seconds


def milliseconds_a_task(address: str) -> float:
    """What a task costs that does nothing."""
    with distributed.Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        started = time.perf_counter()
        client.gather(client.map(abs, range(TASKS), pure=False))
        return (time.perf_counter() - started) / TASKS * 1000


def main() -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="how many (default: 1 2)")
    parser.add_argument("--models", nargs="+", default=["unet_original"], help="segmenters (default: unet_original)")
    options = parser.parse_args()
    selection = open_dataset("synthetic")
    first = 0.0
    for count in options.workers:
        with workers(count) as address:
            rate = records_a_second(address, count, options.models, selection)
            first = first or rate / count
            cost = milliseconds_a_task(address)
        print(
            f"{count} workers of one thread: {rate:.1f} records a second ({rate / first:.2f} times one worker's); "
            f"a task that does nothing: {cost:.2f} ms",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
