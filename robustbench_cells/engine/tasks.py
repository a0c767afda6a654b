"""A piece of work: some segmenters on some patches under one condition. Done here, or on another machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from time import perf_counter
from typing import Any

from robustbench_cells.engine.batches import Batch, iter_patches, make_batches
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import Outcome, evaluate_batches
from robustbench_cells.metrics import METRICS
from robustbench_cells.types import Dataset, Record, Segmenter

PatchKey = tuple[str, int]  # a frame and the index of a patch


@dataclass(frozen=True)
class Task:
    """What is to be done.

    Attributes
    ----------
    condition
        An artefact at an intensity.
    missing
        The patches that each segmenter is to be run on, by its name.
    seed, most_patches
        Of the run.
    """

    condition: Condition
    missing: Mapping[str, Sequence[PatchKey]]
    seed: int
    most_patches: int

    @property
    def patches(self) -> list[PatchKey]:
        """The patches that some segmenter lacks, in the order of the frames."""
        return list(dict.fromkeys(sorted(place for places in self.missing.values() for place in places)))


@dataclass
class Timing:
    """Seconds that a process spent, and the records that it made and those that it found in the store."""

    evaluate: float = 0.0
    predict: float = 0.0
    make_batches: float = 0.0
    computed: int = 0
    cached: int = 0

    def __add__(self, other: Timing) -> Timing:
        return Timing(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    @property
    def engine_share(self) -> float:
        """At most this share of the evaluation was the engine's own.

        It is what the segmenters left of the time, and the making of batches, which goes on beside them.
        """
        own = self.evaluate - self.predict + self.make_batches
        return min(1.0, own / self.evaluate) if self.evaluate else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For other processes of the run."""
        return asdict(self)

    def stored(self) -> dict[str, float]:
        """As ``run.json`` names it, rounded to hundredths of a second."""
        values = {**self.as_dict(), "made": self.computed, "found": self.cached}
        return {name: round(value, 2) for name, value in values.items() if name not in ("computed", "cached")}

    def describe(self) -> str:
        """For the terminal."""
        if not self.computed:
            return "all were in the store"
        found = f"{self.cached} were in the store, " if self.cached else ""
        return (
            f"{found}{self.computed} made in {self.evaluate:.0f} s; of that the engine itself took at most "
            f"{self.engine_share:.0%}"
        )


@dataclass
class TaskResult:
    """What came of it: an outcome for each segmenter, by name, and what it took."""

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    timing: Timing = field(default_factory=Timing)

    def __add__(self, other: TaskResult) -> TaskResult:
        outcomes = dict(self.outcomes)
        for name, outcome in other.outcomes.items():
            outcomes[name] = outcomes[name] + outcome if name in outcomes else outcome
        return TaskResult(outcomes, self.timing + other.timing)


def run_task(
    work: Task,
    dataset: Dataset,
    segmenters: Mapping[str, Segmenter],
    *,
    progress: Callable[[int], None] = lambda patches: None,
    on_records: Callable[[str, Sequence[Record]], None] = lambda segmenter, records: None,
) -> TaskResult:
    """Do it, in this process.

    Parameters
    ----------
    work
        What.
    dataset
        With the frames that are needed.
    segmenters
        By name.
    progress, on_records
        See `evaluate.evaluate_batches`.
    """
    missing = {name: frozenset(places) for name, places in work.missing.items()}
    every = frozenset(work.patches)
    frames = {frame for frame, _ in every}
    timing = Timing()

    def timed(batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            timing.make_batches += batch.seconds
            yield batch

    views = iter_patches(dataset, work.condition, work.seed, work.most_patches, only=frames)
    views = (view for view in views if (view.frame, view.index) in every)
    started = perf_counter()
    outcomes = evaluate_batches(
        timed(make_batches(views, work.condition, work.seed)),
        work.condition,
        [segmenters[name] for name in work.missing],
        METRICS,
        progress=progress,
        is_cached=lambda name, view: (view.frame, view.index) not in missing[name],
        on_records=on_records,
    )
    timing.evaluate = perf_counter() - started
    timing.predict = sum(outcome.predict_seconds for outcome in outcomes.values())
    for name, outcome in outcomes.items():
        if outcome.valid and len(outcome.records) != len(missing[name]):
            outcome.problems.append(f"{len(outcome.records)} of {len(missing[name])} patches were found in the frames")
    return TaskResult(outcomes, timing)
