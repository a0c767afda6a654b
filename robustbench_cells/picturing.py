"""Takes the pictures that a report shows, and the time that each segmenter needs for a patch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from time import perf_counter

import numpy as np

from robustbench_cells.evaluate import Condition, condition_views
from robustbench_cells.invariants import prediction_faults
from robustbench_cells.pictures import Pictures, View
from robustbench_cells.types import BATCH, THRESHOLD, Dataset, Image, Labels, Masks, Segmenter

_TIMES = 3  # after the pictures have warmed it up


def take(
    views: Sequence[View],
    dataset: Dataset,
    segmenters: Iterable[Segmenter],
    conditions: Mapping[tuple[str, float], Condition],
    *,
    seed: int,
    most_patches: int,
    announce: Callable[[str], None] = lambda line: None,
) -> tuple[Pictures, dict[str, list[float]]]:
    """Make each view again, have each segmenter predict it, and time a whole batch.

    Parameters
    ----------
    views
        From `pictures.chosen_views`; one or more.
    dataset
        That the results are of.
    segmenters
        One that fails here is left out.
    conditions
        By artefact and intensity.
    seed, most_patches
        Of the run.
    announce
        Takes a line of progress before each segmenter.

    Returns
    -------
    tuple
        The pictures, and for each segmenter the milliseconds of a patch in each of three batches of 16.
    """
    made = [_make(view, dataset, conditions[view.artefact, view.intensity], seed, most_patches) for view in views]
    images, labels = np.stack([image for image, _ in made]), np.stack([label for _, label in made])
    whole = np.resize(images, (BATCH, *images.shape[1:]))
    segmenters = list(segmenters)
    masks: dict[str, Masks] = {}
    times: dict[str, list[float]] = {}
    for number, segmenter in enumerate(segmenters):
        announce(f"pictures: {segmenter.name}, {number}/{len(segmenters)} segmenters")
        try:
            masks[segmenter.name] = np.concatenate(
                [_mask(segmenter, images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
            )
            times[segmenter.name] = [_milliseconds(segmenter, whole) for _ in range(_TIMES)]
        except Exception:  # a model is anybody's code; its test has told what is wrong
            masks.pop(segmenter.name, None)
    return Pictures(views, np.rint(images).astype(np.uint8), labels > 0, masks), times


def _make(view: View, dataset: Dataset, condition: Condition, seed: int, most_patches: int) -> tuple[Image, Labels]:
    of_frame = condition_views(dataset, condition, seed, most_patches, only={view.frame})
    return condition.distort(next(islice(of_frame, view.patch, None)), seed)


def _mask(segmenter: Segmenter, images: Image) -> Masks:
    probabilities = segmenter.predict(images)
    if faults := prediction_faults(images, probabilities):
        raise ValueError(faults[0])
    return probabilities > THRESHOLD


def _milliseconds(segmenter: Segmenter, images: Image) -> float:
    started = perf_counter()
    segmenter.predict(images)
    return round((perf_counter() - started) / len(images) * 1000, 2)
