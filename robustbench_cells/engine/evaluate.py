"""Batches of one condition and some segmenters into records.

Each batch is given to every segmenter, so that all see the same arrays.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np
import numpy.typing as npt

from robustbench_cells.engine.batches import Batch
from robustbench_cells.engine.checks import prediction_problems
from robustbench_cells.engine.condition import Condition
from robustbench_cells.errors import ModelStoppedError, refuse_exits
from robustbench_cells.instances.rules import InstanceRule
from robustbench_cells.metrics._base import Comparison, Metric, score_patches
from robustbench_cells.models.instance_labels import declared_kind, foreground, is_labels
from robustbench_cells.models.isolation.messages import ModelTraceback
from robustbench_cells.results.pooling import pooled_ratio
from robustbench_cells.types import (
    PADDING,
    EdgeCells,
    Labels,
    Masks,
    Patch,
    Prediction,
    Record,
    Segmenter,
)


@dataclass(frozen=True)
class GridCell:
    """One test of the grid that ran.

    Attributes
    ----------
    segmenter, condition
        Names of what was evaluated.
    valid
        Whether its outcome is valid.
    failure
        Why it is not, in a word.
    digest
        Digest of its records (`records_digest`), to compare with those that are read from the cache at the end; empty
        where it is not known.
    """

    segmenter: str
    condition: str
    valid: bool
    failure: str = ""
    digest: str = ""


@dataclass
class Outcome:
    """The result of one segmenter under one condition.

    Attributes
    ----------
    segmenter, condition, metrics
        What was evaluated, and by what.
    records
        One record per patch.
    problems
        What is wrong with the inputs or with the predictions.
    error
        Exception of the segmenter or of the artefact, if any.
    predict_seconds
        Time spent in the segmenter.
    """

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
    def failure(self) -> str:
        """Kind of the exception, or ``invalid``; empty where the outcome is valid."""
        if self.error is not None:
            return type(self.error).__name__
        return "invalid" if self.problems else ""

    @property
    def sound(self) -> bool:
        """The former name of `valid`, which users' test suites call."""
        return self.valid

    @property
    def faults(self) -> list[str]:
        """The former name of `problems`, likewise."""
        return self.problems

    def __add__(self, other: Outcome) -> Outcome:
        """Join the outcomes on different patches."""
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
        if metric.ratios:
            return pooled_ratio(self._column, metric.ratios)
        values = self._column(metric.name)
        values = values[~np.isnan(values)]
        return float(getattr(values, metric.pooled)()) if len(values) else float("nan")

    def _column(self, metric: str) -> npt.NDArray[np.float64]:
        return np.array([record.scores[metric] for record in self.records])


def records_digest(records: Iterable[Record]) -> str:
    """Digest of the scores of records of one segmenter under one condition, in any order."""
    rows = sorted(
        (one.frame, one.patch, json.dumps({name: float(one.scores[name]) for name in sorted(one.scores)}))
        for one in records
    )
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def evaluate_batches(
    batches: Iterable[Batch],
    condition: Condition,
    segmenters: Sequence[Segmenter],
    metrics: Iterable[Metric],
    *,
    edge_cells: EdgeCells = "keep",
    progress: Callable[[int], None] = lambda patches: None,
    is_cached: Callable[[str, Patch], bool] = lambda segmenter, view: False,
    on_records: Callable[[str, Sequence[Record]], None] = lambda segmenter, records: None,
) -> Mapping[str, Outcome]:
    """Score segmenters on the batches of one condition.

    Parameters
    ----------
    batches
        Batches, of `make_batches`.
    condition
        Condition of the batches.
    segmenters
        Segmenters; all see the same arrays. One that raises is left out from then on, its error kept in its outcome.
    metrics
        Scores to compute.
    edge_cells
        Whether true cells whose larger part lies outside of their view count in the scores of cells.
    progress
        Called with the number of patches after each batch.
    is_cached
        Tells whether a segmenter's record of a view exists already: it is not computed again.
    on_records
        Called with the valid records of each batch, as soon as there are any.

    Returns
    -------
    Mapping
        Outcome of each segmenter, by name.

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
        raise ValueError(f"duplicate names of segmenters: {', '.join(names)}")
    outcomes = {name: Outcome(name, condition, metrics) for name in names}
    for batch in batches:
        batch.images.flags.writeable = False  # one segmenter must not change what the next one sees
        for segmenter in segmenters:
            outcome = outcomes[segmenter.name]
            missing = [not is_cached(segmenter.name, view) for view in batch.views]
            if outcome.error is not None or not any(missing):
                continue
            outcome.problems.extend(batch.problems)
            try:
                with refuse_exits(segmenter.name):
                    records = list(compress(_score(segmenter, batch, outcome, edge_cells), missing))
            except Exception as error:  # a model may be third-party code: its test fails, the others go on
                is_elsewhere = isinstance(error, ModelStoppedError) or isinstance(error.__cause__, ModelTraceback)
                outcome.error = error.with_traceback(None) if is_elsewhere else error  # ours say nothing of it
                continue
            outcome.records.extend(records)
            if not batch.problems:
                on_records(segmenter.name, records)
        progress(len(batch.views))
    return outcomes


def _score(segmenter: Segmenter, batch: Batch, outcome: Outcome, edge_cells: EdgeCells) -> list[Record]:
    """A record for each view of a batch, or none at all if the prediction is not valid."""
    started = time.perf_counter()
    try:
        prediction = segmenter.predict(batch.images)
    finally:
        outcome.predict_seconds += time.perf_counter() - started
    if problems := prediction_problems(batch.images, prediction, declared_kind(segmenter)):
        outcome.problems.extend(problems)
        return []
    left_out = batch.left_out_cells if edge_cells == "drop" else None
    comparison = compare(segmenter, prediction, batch.labels, left_out)
    columns = {
        metric.name: _within_range(metric, score_patches(metric, comparison)).tolist() for metric in outcome.metrics
    }
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


def compare(segmenter: Segmenter, prediction: Prediction, truth: Labels, left_out: Masks | None = None) -> Comparison:
    """Compare a valid prediction with the labels of its batch, (N, H, W).

    The true cells are the labels as they are: ids of the data set, or components of the whole frame.
    """
    masks, labels, scored = foreground(prediction), prediction if is_labels(prediction) else None, truth >= 0
    rule: InstanceRule = "watershed" if declared_kind(segmenter) == "watershed" else "components"
    if scored.all():
        return Comparison(masks, truth > 0, None, labels, truth, rule, left_out)
    in_frame = truth != PADDING  # what is predicted beyond the frame is no part of a cell; an annotator's void may be
    if labels is not None:
        labels = np.where(in_frame, labels, 0)
    return Comparison(masks & in_frame, truth > 0, scored, labels, truth, rule, left_out)


def _within_range(metric: Metric, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The scores; what the metric says it cannot be raises, before it is stored."""
    if (wrong := metric.range.excludes(scores)).any():
        raise ValueError(
            f"the metric {metric.name} gave {scores[wrong][0]:g}, but its values are {metric.range}: mend its score, "
            "or the range that it declares"
        )
    return scores
