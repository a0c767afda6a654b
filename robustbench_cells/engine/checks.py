"""What must hold of every batch, of every prediction, and of the size of frames."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import numpy as np

from robustbench_cells.datasets.selection import Selection
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.patches import MIN_FRAME_SIDE, can_hold
from robustbench_cells.errors import DataWarning, ModelError
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.models.instance_labels import class_problems, is_labels
from robustbench_cells.printable import is_printable
from robustbench_cells.types import Image, Labels, Patch, Prediction


def require_printable(names: Iterable[str]) -> None:
    """Refuse names of models that could act in a terminal, or hide in a table."""
    for name in names:
        if not is_printable(name):
            raise ModelError(
                f"{name!r}: the name of a model has control characters, which could act in a terminal or hide in a "
                "table; rename its file, or give it another name"
            )


def batch_problems(views: Sequence[Patch], images: Image, labels: Labels) -> list[str]:
    """What is wrong with a distorted batch; empty for a valid one.

    Parameters
    ----------
    views
        Patches before the artefact.
    images, labels
        Batch after the artefact, (N, H, W); images may have channels as a last axis.
    """
    problems = []
    if images.dtype != np.float32 or labels.dtype != np.int32:
        problems.append(f"images are {images.dtype} and labels {labels.dtype}; float32 and int32 are needed")
    if images.shape[:3] != labels.shape:
        problems.append(f"images have shape {images.shape} but labels {labels.shape}")
    if not np.isfinite(images).all():
        problems.append("an image has a pixel that is not finite")
    elif images.min() < 0 or images.max() > 255:
        problems.append(f"grey levels span {images.min():.9g} to {images.max():.9g}, outside [0, 255]; clip them")
    for view, left in zip(views, labels, strict=True):
        if invented := np.setdiff1d(left, view.labels).tolist():
            problems.append(f"frame {view.frame}, patch {view.index}: label ids {invented} were not in the view")
    return problems


def prediction_problems(images: Image, prediction: Prediction, kind: InstanceKind | None = None) -> list[str]:
    """What is wrong with the prediction, (N, H, W), of a batch; empty for a valid one.

    ``kind`` is what the segmenter says that its cells are: one that gives labels here and a mask there would be scored
    by two rules, unless nothing is found there.
    """
    if not isinstance(prediction, np.ndarray) or prediction.shape != images.shape[:3]:
        return [f"predicted {getattr(prediction, 'shape', type(prediction))} for images of {images.shape}"]
    if kind is not None and is_labels(prediction) != (kind == "labels") and prediction.any():
        return [f"predictions are {prediction.dtype}, but the model gives {'labels' if kind == 'labels' else 'masks'}"]
    if is_labels(prediction) and prediction.dtype == np.int32:
        if prediction.min() < 0:
            return [f"a label is {prediction.min()}; cells are numbered from 1"]
        return class_problems(prediction)
    if prediction.dtype != np.float32:
        return [f"predictions are {prediction.dtype}; float32 probabilities or int32 labels are needed"]
    return _probability_problems(prediction)


def _probability_problems(prediction: Prediction) -> list[str]:
    if not np.isfinite(prediction).all():
        return ["a predicted probability is not finite"]
    if prediction.min() < 0 or prediction.max() > 1:
        return [f"predictions span {prediction.min():.9g} to {prediction.max():.9g}, outside [0, 1]"]
    return []


def require_room(selection: Selection, conditions: Sequence[Condition]) -> None:
    """Refuse frames that some conditions cannot cut a view from, and name all of these conditions.

    Frames that are smaller than a patch are padded (see `pad_frame`), with a `DataWarning`.

    Raises
    ------
    DataError
        If any frame is too small for any condition.
    """
    smallest = min(selection.shapes.values(), key=min)
    too_large = {one.name: one.view_side() for one in conditions if not can_hold(smallest, one.view_side())}
    if too_large:
        remedy = "use a smaller margin or larger frames"
        if len(too_large) < len(conditions):
            remedy += f', or leave out what does not fit: -k "not ({" or ".join(too_large)})"'
        if min(smallest) < MIN_FRAME_SIDE:
            remedy = f"frames of {MIN_FRAME_SIDE} px or more are padded to a patch; {remedy}"
        selection.require_side(max(too_large.values()), " or ".join(too_large), remedy)
    if selection.smaller_than_patch:
        warnings.warn(
            f"{selection.title}: models see the padding, but no score counts it; an artefact that is placed at random, "
            "such as illumination, may lie in it",
            DataWarning,
            stacklevel=3,
        )
