"""The engine: frames, one condition and some segmenters into records.

A batch is cut, distorted and checked once, in a thread of its own while the previous one is being predicted, and is
then given to every segmenter. Two batches are in memory at a time, however many frames there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import compress, islice

import numpy as np

from robustbench_cells.engine.checks import batch_faults, prediction_faults
from robustbench_cells.engine.patches import cut_patches
from robustbench_cells.types import (
    BATCH,
    CLEAN,
    PATCH_SIDE,
    PATCHES_PER_FRAME,
    THRESHOLD,
    Artefact,
    Comparison,
    Dataset,
    Image,
    Labels,
    Masks,
    Metric,
    Patch,
    Record,
    Segmenter,
)


@dataclass(frozen=True)
class Condition:
    """An artefact at an intensity, or no artefact at all."""

    artefact: Artefact | None = None
    intensity: float = 0.0

    @property
    def artefact_name(self) -> str:
        """``clean`` where there is none."""
        return self.artefact.name if self.artefact else CLEAN

    @property
    def version(self) -> int:
        """Of the artefact; 0 where there is none."""
        return self.artefact.version if self.artefact else 0

    @property
    def name(self) -> str:
        """As in test ids: ``clean`` or ``noise-50``."""
        return f"{self.artefact.name}-{self.intensity:g}" if self.artefact else CLEAN

    def patches_per_frame(self, shape: tuple[int, int], most: int) -> int:
        """Patches that this condition takes from a frame of this shape."""
        if self.artefact is None:
            return min(PATCHES_PER_FRAME, most)
        return min(self.artefact.patches_per_frame(self.intensity, shape, most), most)

    def view_side(self, side: int = PATCH_SIDE) -> int:
        """Side of the square that is cut from the frame, in pixels."""
        return self.artefact.view_side(self.intensity, side) if self.artefact else side

    def distort(self, view: Patch, seed: int) -> tuple[Image, Labels]:
        """A view's image and labels under this condition."""
        image, labels = view.image, view.labels
        for step, intensity in self.artefact.steps(self.intensity) if self.artefact else ():
            image, labels = step.distort(image, labels, intensity, view.random(seed, step.name))
        return image, labels


@dataclass
class Outcome:
    """What one segmenter did under one condition."""

    segmenter: str
    condition: Condition
    metrics: Sequence[Metric]
    records: list[Record] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    error: Exception | None = None
    predict_seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether every patch was predicted and nothing was wrong."""
        return self.error is None and not self.faults

    def __add__(self, other: Outcome) -> Outcome:
        """Of both, on patches of the one and the other."""
        return replace(
            self,
            records=[*self.records, *other.records],
            faults=[*self.faults, *other.faults],
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


@dataclass(frozen=True, eq=False)
class Batch:
    """Distorted patches: views (N), images and labels (N, H, W), what is wrong with them, and how long they took."""

    views: Sequence[Patch]
    images: Image
    labels: Labels
    faults: Sequence[str]
    seconds: float = 0.0


def condition_views(
    dataset: Dataset, condition: Condition, seed: int, most_patches: int, only: Collection[str] | None = None
) -> Iterator[Patch]:
    """The views of a condition, frame after frame; ``only`` of these frames, if given."""
    for frame in dataset.frames:
        if only is not None and frame not in only:
            continue
        sample = dataset.read(frame)
        shape = (sample.image.shape[0], sample.image.shape[1])
        yield from cut_patches(sample, condition.view_side(), condition.patches_per_frame(shape, most_patches), seed)


def make_batches(views: Iterable[Patch], condition: Condition, seed: int) -> Iterator[Batch]:
    """Distorted and checked batches of at most `BATCH` patches, each made while the one before is in use."""

    def make(chunk: Sequence[Patch]) -> Batch:
        pairs = [condition.distort(view, seed) for view in chunk]
        images, labels = np.stack([image for image, _ in pairs]), np.stack([label for _, label in pairs])
        return Batch(chunk, images, labels, batch_faults(chunk, images, labels))

    return _one_ahead(map(make, _chunks(views, BATCH)))


def evaluate_batches(
    batches: Iterable[Batch],
    condition: Condition,
    segmenters: Sequence[Segmenter],
    metrics: Iterable[Metric],
    *,
    progress: Callable[[int], None] = lambda patches: None,
    known: Callable[[str, Patch], bool] = lambda segmenter, view: False,
    keep: Callable[[str, Sequence[Record]], None] = lambda segmenter, records: None,
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
    known
        Whether a segmenter's record of a view is there already: it is not made again.
    keep
        Takes the sound records that a segmenter's batch gave, as soon as they are there.

    Returns
    -------
    Mapping
        An outcome for each segmenter, by name.
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
            lacking = [not known(segmenter.name, view) for view in batch.views]
            if outcome.error is not None or not any(lacking):
                continue
            outcome.faults.extend(batch.faults)
            try:
                records = list(compress(_judge(segmenter, batch, truth, outcome), lacking))
            except Exception as error:  # a model is anybody's code: its test fails, the others go on
                outcome.error = error
                continue
            outcome.records.extend(records)
            if not batch.faults:
                keep(segmenter.name, records)
        progress(len(batch.views))
    return outcomes


def _judge(segmenter: Segmenter, batch: Batch, truth: Masks, outcome: Outcome) -> list[Record]:
    """A record for each view of a batch, or none at all if the prediction is not one."""
    started = time.perf_counter()
    try:
        probabilities = segmenter.predict(batch.images)
    finally:
        outcome.predict_seconds += time.perf_counter() - started
    if faults := prediction_faults(batch.images, probabilities):
        outcome.faults.extend(faults)
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


def _chunks(items: Iterable[Patch], size: int) -> Iterator[list[Patch]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _one_ahead(items: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, each made in a thread while the one before is in use, with the seconds that this took."""

    def make() -> Batch | None:
        started = time.thread_time()
        batch = next(items, None)
        return replace(batch, seconds=time.thread_time() - started) if batch else None

    with ThreadPoolExecutor(max_workers=1) as pool:
        upcoming = pool.submit(make)
        while batch := upcoming.result():
            upcoming = pool.submit(make)
            yield batch
