"""Predictions that are instance labels: integers, an id per cell."""

from __future__ import annotations

from typing import Any, TypeGuard, get_args

import numpy as np
import numpy.typing as npt

from robustbench_cells.errors import ModelError
from robustbench_cells.instances.rules import InstanceKind
from robustbench_cells.types import THRESHOLD, Image, Labels, Masks, Prediction, Segmenter

_MOST = np.iinfo(np.int32).max
_PIECES = 3  # per id, from which ids are rather classes
_FEW_PIECES = 10
MASK_REMEDY = "return booleans for a mask (mask > 0), or an id for each cell"
_SPARE = 2  # pieces beyond one per id, where no image has two ids


def is_labels(prediction: Prediction) -> TypeGuard[Labels]:
    """Whether a prediction is labels; else it is probabilities."""
    return prediction.dtype.kind == "i"


def declared_kind(segmenter: Segmenter) -> InstanceKind | None:
    """What a segmenter says that its cells are (see `Segmenter`); None where that has no meaning here."""
    said = getattr(segmenter, "instances", None)
    return said if isinstance(said, str) and said in get_args(InstanceKind) else None  # type: ignore[return-value]


def foreground(prediction: Prediction) -> Masks:
    """The pixels that a prediction says are cells: a label above 0, or a probability above `THRESHOLD`."""
    return prediction > (0 if is_labels(prediction) else THRESHOLD)


def convert_labels(name: str, values: npt.NDArray[Any]) -> Labels:
    """Convert whole numbers of any type to int32 labels.

    Raises
    ------
    ModelError
        If one is negative, or no int32; ``name`` is that of the model.
    """
    low, high = values.min(initial=0), values.max(initial=0)
    if low < 0 or high > _MOST:
        raise ModelError(
            f"{name}: returns labels from {low:.0f} to {high:.0f}; use 0 for background and number cells from 1"
        )
    return values.astype(np.int32)


def require_ids(name: str, labels: Labels, remedy: str) -> None:
    """Refuse masks, and maps of classes, that come as whole numbers: each class would count as one cell.

    Parameters
    ----------
    name
        Name of the model, for messages.
    labels
        What it predicts for the probe images, (N, H, W), on which many cells are to be seen.
    remedy
        What to do about it.

    Raises
    ------
    ModelError
        If the values lie in pieces all over the images.
    """
    ids, pieces = _ids_and_pieces(labels)
    is_mask = max(ids, default=0) <= 1 and pieces - sum(ids) >= _SPARE
    if is_mask or _are_classes(sum(ids), pieces):
        raise ModelError(
            f"{name}: returns whole numbers, which are taken as an id per cell, but in synthetic images of many cells "
            f"its {sum(ids)} ids have {pieces} separate pieces, as those of a mask or of classes; {remedy}"
        )


def class_problems(labels: Labels) -> list[str]:
    """What is wrong with labels, (N, H, W), whose values are those of classes, or ids that wrapped; else empty.

    For predictions of real images: a model may find next to nothing in the images on which `require_ids` looks.
    """
    ids, pieces = _ids_and_pieces(labels)
    if not _are_classes(sum(ids), pieces):
        return []
    return [
        f"{sum(ids)} ids have {pieces} separate pieces, as those of classes or of ids that wrapped; each would count "
        f"as one cell; {MASK_REMEDY}"
    ]


def _ids_and_pieces(labels: Labels) -> tuple[list[int], int]:
    """Number of ids of each image, and of the 8-connected pieces of all of them."""
    from skimage import measure

    ids = [len(np.unique(image[image > 0])) for image in labels]
    return ids, sum(int(measure.label(image, connectivity=2).max(initial=0)) for image in labels)


def _are_classes(ids: int, pieces: int) -> bool:
    return pieces >= max(_PIECES * ids, ids + _FEW_PIECES)


def outlines(labels: Labels) -> Image:
    """Make an image of labels that does not depend on how cells are numbered: 0 outside, less than 1 at their rims.

    Parameters
    ----------
    labels
        Labels, (N, H, W).

    Returns
    -------
    numpy.ndarray
        float32, (N, H, W), in [0, 1].
    """
    inside = np.ones(labels.shape, np.float32)
    inside[:, :-1] -= np.float32(0.25) * (labels[:, :-1] != labels[:, 1:])
    inside[:, :, :-1] -= np.float32(0.25) * (labels[:, :, :-1] != labels[:, :, 1:])
    return np.where(labels > 0, inside, np.float32(0))
