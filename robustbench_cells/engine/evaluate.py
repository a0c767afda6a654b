"""The engine: frames, one condition and some segmenters into records.

A batch is cut, distorted and checked once, in a thread of its own while the previous one is being predicted, and is
then given to every segmenter. Two batches are in memory at a time, however many frames there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from robustbench_cells.engine.batches import Batch
from robustbench_cells.engine.checks import prediction_problems
from robustbench_cells.engine.condition import Condition
from robustbench_cells.metrics._base import Comparison, Metric
from robustbench_cells.types import (
    THRESHOLD,
    Masks,
    Patch,
    Record,
    Segmenter,
)

if TYPE_CHECKING:
    pass


@dataclass
class Outcome:
    """What one segmenter did under one condition."""

    segmenter: str
    condition: Condition
    metrics: Sequence[Metric]
    records: list[Record] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    error: Exception | None = None
    predict_seconds: float = 0.0

    @property
    def valid(self) -> bool:
        """Whether the inputs and the prediction of every patch are valid."""
        return self.error is None and not self.problems

    @property
    def sound(self) -> bool:
        """The former name of `valid`, which users' test suites call."""
        return self.valid

    @property
    def faults(self) -> list[str]:
        """The former name of `problems`, likewise."""
        return self.problems

    def __add__(self, other: Outcome) -> Outcome:
        """Of both, on patches of the one and the other."""
        return replace(
            self,
            records=[*self.records, *other.records],
            problems=[*self.problems, *other.problems],
            error=self.error or other.error,
            predict_seconds=self.predict_seconds + other.predict_seconds,
        )

    def scores(self) -> dict[str, float]:
        """Each metric pooled over the patches, undefined ones left out."""
        return {metric.name: self._pooled(metric) for metric in self.metrics}

    def _pooled(self, metric: Metric) -> float:
        values = np.array([record.scores[metric.name] for record in self.records])
        values = values[~np.isnan(values)]
        return float(getattr(values, metric.pooled)()) if len(values) else float("nan")


def evaluate_batches(
    batches: Iterable[Batch],
    condition: Condition,
    segmenters: Sequence[Segmenter],
    metrics: Iterable[Metric],
    *,
    progress: Callable[[int], None] = lambda patches: None,
    is_cached: Callable[[str, Patch], bool] = lambda segmenter, view: False,
    on_records: Callable[[str, Sequence[Record]], None] = lambda segmenter, records: None,
) -> Mapping[str, Outcome]:
    """Score segmenters on the batches of one condition.

    Parameters
    ----------
    batches
        From `make_batches`.
    condition
        What was done to them.
    segmenters
        Each sees the very same arrays. One that raises is left out from then on; its error is kept in its outcome.
    metrics
        What to score.
    progress
        Takes the number of patches done after each batch.
    is_cached
        Whether a segmenter's record of a view is there already: it is not made again.
    on_records
        Takes the sound records that a segmenter's batch gave, as soon as they are there.

    Returns
    -------
    Mapping
        An outcome for each segmenter, by name.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> data, clean = rb.open_dataset("synthetic", frames=2), rb.Condition()
    >>> batches = rb.make_batches(rb.iter_patches(data, clean, 0, 6), clean, seed=0)
    >>> outcomes = rb.evaluate_batches(batches, clean, [rb.BASELINES.get("background")], rb.METRICS)
    >>> outcomes["background"].scores()["jaccard"]
    0.0
    """
    metrics = tuple(metrics)
    names = [segmenter.name for segmenter in segmenters]
    if len(set(names)) < len(names):
        raise ValueError(f"two segmenters have one name: {', '.join(names)}")
    outcomes = {name: Outcome(name, condition, metrics) for name in names}
    for batch in batches:
        batch.images.flags.writeable = False  # one segmenter must not change what the next one sees
        truth = batch.labels > 0
        for segmenter in segmenters:
            outcome = outcomes[segmenter.name]
            missing = [not is_cached(segmenter.name, view) for view in batch.views]
            if outcome.error is not None or not any(missing):
                continue
            outcome.problems.extend(batch.problems)
            try:
                records = list(compress(_judge(segmenter, batch, truth, outcome), missing))
            except Exception as error:  # a model is anybody's code: its test fails, the others go on
                outcome.error = error
                continue
            outcome.records.extend(records)
            if not batch.problems:
                on_records(segmenter.name, records)
        progress(len(batch.views))
    return outcomes


def _judge(segmenter: Segmenter, batch: Batch, truth: Masks, outcome: Outcome) -> list[Record]:
    """A record for each view of a batch, or none at all if the prediction is not one."""
    started = time.perf_counter()
    try:
        probabilities = segmenter.predict(batch.images)
    finally:
        outcome.predict_seconds += time.perf_counter() - started
    if problems := prediction_problems(batch.images, probabilities):
        outcome.problems.extend(problems)
        return []
    comparison = Comparison(probabilities > THRESHOLD, truth)
    columns = {metric.name: metric.score(comparison).tolist() for metric in outcome.metrics}
    artefact, intensity = outcome.condition.artefact_name, float(outcome.condition.intensity)
    return [
        Record(
            segmenter.name,
            artefact,
            intensity,
            view.frame,
            view.index,
            {name: column[row] for name, column in columns.items()},
        )
        for row, view in enumerate(batch.views)
    ]


@dataclass(frozen=True)
class GridCell:
    """One test of the grid after it ran: which, and whether what it found is sound."""

    segmenter: str
    condition: str
    valid: bool
