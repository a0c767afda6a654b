"""A piece of work: some segmenters on some patches under one condition. Done here, or on another machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from time import perf_counter
from typing import Any

from robustbench_cells.engine.batches import Batch, condition_views, make_batches
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.evaluate import Outcome, evaluate_batches
from robustbench_cells.metrics import METRICS
from robustbench_cells.types import Dataset, Record, Segmenter

Place = tuple[str, int]  # a frame and the index of a patch


@dataclass(frozen=True)
class Work:
    """What is to be done.

    Attributes
    ----------
    condition
        An artefact at an intensity.
    lacking
        The patches that each segmenter is to be run on, by its name.
    seed, most_patches
        Of the run.
    """

    condition: Condition
    lacking: Mapping[str, Sequence[Place]]
    seed: int
    most_patches: int

    @property
    def places(self) -> list[Place]:
        """The patches that some segmenter lacks, in the order of the frames."""
        return list(dict.fromkeys(sorted(place for places in self.lacking.values() for place in places)))


@dataclass
class Effort:
    """Seconds that a process spent, and the records that it made and those that it found in the store."""

    evaluate: float = 0.0
    predict: float = 0.0
    make_batches: float = 0.0
    made: int = 0
    found: int = 0

    def __add__(self, other: Effort) -> Effort:
        return Effort(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    @property
    def engine_share(self) -> float:
        """At most this share of the evaluation was the engine's own.

        It is what the segmenters left of the time, and the making of batches, which goes on beside them.
        """
        own = self.evaluate - self.predict + self.make_batches
        return min(1.0, own / self.evaluate) if self.evaluate else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def in_words(self) -> str:
        """For the terminal."""
        if not self.made:
            return "all were in the store"
        found = f"{self.found} were in the store, " if self.found else ""
        return (
            f"{found}{self.made} made in {self.evaluate:.0f} s; of that the engine itself took at most "
            f"{self.engine_share:.0%}"
        )


@dataclass
class Done:
    """What came of it: an outcome for each segmenter, by name, and what it took."""

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort)

    def __add__(self, other: Done) -> Done:
        outcomes = dict(self.outcomes)
        for name, outcome in other.outcomes.items():
            outcomes[name] = outcomes[name] + outcome if name in outcomes else outcome
        return Done(outcomes, self.effort + other.effort)


def do(
    work: Work,
    dataset: Dataset,
    segmenters: Mapping[str, Segmenter],
    *,
    progress: Callable[[int], None] = lambda patches: None,
    keep: Callable[[str, Sequence[Record]], None] = lambda segmenter, records: None,
) -> Done:
    """Do it, in this process.

    Parameters
    ----------
    work
        What.
    dataset
        With the frames that are needed.
    segmenters
        By name.
    progress, keep
        See `evaluate.evaluate_batches`.
    """
    lacking = {name: frozenset(places) for name, places in work.lacking.items()}
    every = frozenset(work.places)
    frames = {frame for frame, _ in every}
    effort = Effort()

    def timed(batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            effort.make_batches += batch.seconds
            yield batch

    views = condition_views(dataset, work.condition, work.seed, work.most_patches, only=frames)
    views = (view for view in views if (view.frame, view.index) in every)
    started = perf_counter()
    outcomes = evaluate_batches(
        timed(make_batches(views, work.condition, work.seed)),
        work.condition,
        [segmenters[name] for name in work.lacking],
        METRICS,
        progress=progress,
        known=lambda name, view: (view.frame, view.index) not in lacking[name],
        keep=keep,
    )
    effort.evaluate = perf_counter() - started
    effort.predict = sum(outcome.predict_seconds for outcome in outcomes.values())
    for name, outcome in outcomes.items():
        if outcome.sound and len(outcome.records) != len(lacking[name]):
            outcome.faults.append(f"{len(outcome.records)} of {len(lacking[name])} patches were found in the frames")
    return Done(outcomes, effort)
