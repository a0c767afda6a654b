"""Renders the example patches of a report, and measures the time per patch of each segmenter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from time import perf_counter

import numpy as np

from robustbench_cells.channels import as_grey
from robustbench_cells.engine.batches import iter_patches
from robustbench_cells.engine.checks import prediction_problems
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.edge_cells import left_out_cells
from robustbench_cells.engine.evaluate import compare
from robustbench_cells.engine.kept_examples import KeptExamples
from robustbench_cells.errors import refuse_exits
from robustbench_cells.models.instance_labels import declared_kind, foreground, is_labels
from robustbench_cells.results.example_patches import ExamplePatches, ExampleView
from robustbench_cells.types import BATCH, Dataset, EdgeCells, Image, Labels, Masks, Patch, Prediction, Segmenter

_TIMES = 3  # measurements, after the examples have warmed the segmenter up


def render_examples(
    views: Sequence[ExampleView],
    dataset: Dataset,
    segmenters: Iterable[Segmenter],
    conditions: Mapping[tuple[str, float], Condition],
    *,
    seed: int,
    most_patches: int,
    scores_cells: bool = False,
    edge_cells: EdgeCells = "keep",
    kept: KeptExamples | None = None,
    announce: Callable[[str], None] = lambda line: None,
) -> ExamplePatches:
    """Render each view, have the segmenters predict it, and time each segmenter that runs on a whole batch.

    Parameters
    ----------
    views
        Views of `choose_examples`; one or more.
    dataset
        Data set of the results.
    segmenters
        Segmenters; one that fails is left out. The failure of a segmenter is predicted by that one alone.
    conditions
        Conditions by artefact and intensity.
    seed, most_patches
        Seed of the run, and its cap on the patches per frame.
    scores_cells, edge_cells
        Whether the run scores cells, and what of those that a patch cuts. Where pixels or cells do not count, labels
        are those that it scores, of every segmenter.
    kept
        Predictions and times of earlier runs: a segmenter whose predictions are all kept does not run, and has no times
        unless they are kept, too.
    announce
        Called with a line of progress before each segmenter that runs.
    """
    rendered = [_render(view, dataset, conditions[view.artefact, view.intensity], seed, most_patches) for view in views]
    images, labels = np.stack([image for _, image, _ in rendered]), np.stack([label for _, _, label in rendered])
    whole = np.resize(images, (BATCH, *images.shape[1:]))
    for array in (images, whole):
        array.flags.writeable = False  # one segmenter must not change what the next one sees
    segmenters = list(segmenters)
    predictions: dict[str, Masks | Labels] = {}
    times: dict[str, list[float]] = {}
    for number, segmenter in enumerate(segmenters):
        name = segmenter.name
        own = {index: view for index, view in enumerate(views) if view.failure_of in ("", name)}
        known = kept.predictions(name, own, declared_kind(segmenter)) if kept else {}
        found: dict[int, Masks | Labels] = dict(known)
        missing = [index for index in own if index not in known]
        if not missing and kept:
            predictions[name] = _stack(found, labels.shape)
            times |= {name: measured} if (measured := kept.times(name)) else {}
            continue
        announce(f"example patches: {name}, {number}/{len(segmenters)} segmenters")
        try:
            with refuse_exits(name):
                for start in range(0, len(missing), BATCH):
                    part = missing[start : start + BATCH]
                    found |= zip(part, _predict(segmenter, images[part]), strict=True)
                times[name] = [_milliseconds(segmenter, whole) for _ in range(_TIMES)]
        except Exception as error:  # a model may be third-party code; the others go on
            announce(f"example patches: none of {name} ({type(error).__name__}: {error})")
            continue
        predictions[name] = _stack(found, labels.shape)
        if kept:
            kept.put(name, {views[index]: found[index] for index in missing})
            kept.put_times(name, times[name])
    scored = labels >= 0  # no error is shown where nothing is scored
    true_labels = np.where(scored, labels, 0)
    found_labels = {name: np.where(scored, one, 0) for name, one in predictions.items() if one.dtype != bool}
    if scores_cells and (edge_cells == "drop" or not scored.all()):
        left_out = left_out_cells([view for view, _, _ in rendered], labels) if edge_cells == "drop" else None
        for segmenter in (each for each in segmenters if each.name in predictions):
            one = predictions[segmenter.name]
            prediction: Prediction = one.astype(np.float32) if one.dtype == bool else one.astype(np.int32)
            comparison = compare(segmenter, prediction, labels, left_out)
            true_labels = comparison.true_instances
            found_labels[segmenter.name] = comparison.predicted_instances
    return ExamplePatches(
        views,
        np.rint(as_grey(images, labels.ndim)).astype(np.uint8),
        labels > 0,
        {name: (one > 0) & scored for name, one in predictions.items()},
        times,
        true_labels,
        found_labels,
    )


def _render(
    view: ExampleView, dataset: Dataset, condition: Condition, seed: int, most_patches: int
) -> tuple[Patch, Image, Labels]:
    of_frame = iter_patches(dataset, condition, seed, most_patches, only={view.frame})
    patch = next(islice(of_frame, view.patch, None))
    return patch, *condition.distort(patch, seed)


def _predict(segmenter: Segmenter, images: Image) -> Masks | Labels:
    """Labels if the segmenter gives them, else the mask of what it predicts, (N, H, W)."""
    prediction = segmenter.predict(images)
    if problems := prediction_problems(images, prediction, declared_kind(segmenter)):
        raise ValueError(problems[0])
    return prediction if is_labels(prediction) else foreground(prediction)


def _stack(found: Mapping[int, Masks | Labels], shape: tuple[int, ...]) -> Masks | Labels:
    """Masks or labels by the number of their view as one array of this shape, empty where a view has none."""
    whole: Masks | Labels = np.zeros(shape, bool)
    if any(one.dtype != bool for one in found.values()):
        whole = np.zeros(shape, np.int32)
    for index, one in found.items():
        whole[index] = one
    return whole


def _milliseconds(segmenter: Segmenter, images: Image) -> float:
    started = perf_counter()
    segmenter.predict(images)
    return round((perf_counter() - started) / len(images) * 1000, 2)
