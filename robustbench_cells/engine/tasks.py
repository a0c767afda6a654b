"""A task: some segmenters on some patches under one condition, run here or on another machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from time import perf_counter
from typing import Any

from robustbench_cells.engine.batches import Batch, iter_patches, make_batches
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import Outcome, evaluate_batches
from robustbench_cells.metrics import METRICS
from robustbench_cells.types import Dataset, EdgeCells, Record, Segmenter

PatchKey = tuple[str, int]  # name of a frame, index of a patch


@dataclass(frozen=True)
class Task:
    """What is to be computed.

    Attributes
    ----------
    condition
        Condition of all patches.
    missing
        Patches that each segmenter is to be run on, by its name.
    seed, most_patches
        Seed of the run, and its cap on the patches per frame.
    metrics
        Names of the scores to compute.
    edge_cells
        See `evaluate_batches`.
    """

    condition: Condition
    missing: Mapping[str, Sequence[PatchKey]]
    seed: int
    most_patches: int
    metrics: tuple[str, ...]
    edge_cells: EdgeCells = "keep"

    @property
    def patches(self) -> list[PatchKey]:
        """The patches that any segmenter is to be run on, in the order of the frames."""
        return sorted({key for keys in self.missing.values() for key in keys})


@dataclass
class Timing:
    """Seconds that a process spent, and the records that it computed and those that were cached."""

    evaluate: float = 0.0
    predict: float = 0.0
    make_batches: float = 0.0
    computed: int = 0
    cached: int = 0

    def __add__(self, other: Timing) -> Timing:
        return Timing(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    @property
    def engine_share(self) -> float:
        """Upper bound of the engine's own share of the evaluation.

        Its own time is what the segmenters left, and the making of batches, which runs in parallel with them.
        """
        own = self.evaluate - self.predict + self.make_batches
        return min(1.0, own / self.evaluate) if self.evaluate else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The fields, for other processes of the run."""
        return asdict(self)

    def stored(self) -> dict[str, float]:
        """The fields as ``run.json`` names them, rounded to hundredths of a second."""
        values = {**self.as_dict(), "made": self.computed, "found": self.cached}
        return {name: round(value, 2) for name, value in values.items() if name not in ("computed", "cached")}

    def describe(self) -> str:
        """One line for the terminal."""
        if not self.computed:
            return "all cached"
        cached = f"{self.cached} cached, " if self.cached else ""
        return (
            f"{cached}{self.computed} computed in {self.evaluate:.0f} s; framework overhead at most "
            f"{self.engine_share:.0%}"
        )


@dataclass
class TaskResult:
    """Outcome of each segmenter, by name, and the time spent."""

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    timing: Timing = field(default_factory=Timing)

    def __add__(self, other: TaskResult) -> TaskResult:
        outcomes = dict(self.outcomes)
        for name, outcome in other.outcomes.items():
            outcomes[name] = outcomes[name] + outcome if name in outcomes else outcome
        return TaskResult(outcomes, self.timing + other.timing)


def run_task(
    task: Task,
    dataset: Dataset,
    segmenters: Mapping[str, Segmenter],
    *,
    progress: Callable[[int], None] = lambda patches: None,
    on_records: Callable[[str, Sequence[Record]], None] = lambda segmenter, records: None,
) -> TaskResult:
    """Run a task in this process.

    Parameters
    ----------
    task
        The task.
    dataset
        Data set with the frames of the task.
    segmenters
        Segmenters by name.
    progress, on_records
        See `evaluate_batches`.
    """
    missing = {name: frozenset(keys) for name, keys in task.missing.items()}
    every = frozenset(task.patches)
    frames = {frame for frame, _ in every}
    timing = Timing()

    def timed(batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            timing.make_batches += batch.seconds
            yield batch

    views = iter_patches(dataset, task.condition, task.seed, task.most_patches, only=frames)
    views = (view for view in views if (view.frame, view.index) in every)
    started = perf_counter()
    outcomes = evaluate_batches(
        timed(make_batches(views, task.condition, task.seed)),
        task.condition,
        [segmenters[name] for name in task.missing],
        [METRICS.get(name) for name in task.metrics],
        edge_cells=task.edge_cells,
        progress=progress,
        is_cached=lambda name, view: (view.frame, view.index) not in missing[name],
        on_records=on_records,
    )
    timing.evaluate = perf_counter() - started
    timing.predict = sum(outcome.predict_seconds for outcome in outcomes.values())
    for name, outcome in outcomes.items():
        if outcome.valid and len(outcome.records) != len(missing[name]):
            outcome.problems.append(f"{len(outcome.records)} of {len(missing[name])} patches exist in the frames")
    return TaskResult(outcomes, timing)


def split_task(task: Task, most: int) -> Iterator[Task]:
    """The same task in parts of at most so many patches."""
    patches = task.patches
    for start in range(0, len(patches), most):
        part = set(patches[start : start + most])
        missing = {name: [key for key in keys if key in part] for name, keys in task.missing.items()}
        yield replace(task, missing={name: keys for name, keys in missing.items() if keys})
