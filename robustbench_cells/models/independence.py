"""What a model predicts for an image must not depend on other images, on earlier ones, or on chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.instance_labels import is_labels, outlines
from robustbench_cells.types import Image, Prediction

_AGAIN = 1e-4  # largest difference of probabilities when the same is computed again, on several threads
_ELSEWHERE = 1e-2  # in a batch of another size, in half precision too; of almost all pixels:
_MAX_SHARE = 1e-4  # of pixels that rounding may turn from background to cell


def comparable(prediction: Prediction) -> Image:
    """Turn a prediction into values that are compared pixel by pixel; how cells are numbered is up to the model."""
    return outlines(prediction) if is_labels(prediction) else cast("Image", prediction)


def require_independence(name: str, predict: Callable[[Image], Prediction], images: Image) -> Prediction:
    """Predict images, then the first of them among others, then alone, and refuse a model that predicts it otherwise.

    Scores would depend on the order of the tests, on the patches that share a batch, or on chance.

    Parameters
    ----------
    name
        Name of the model, for messages.
    predict
        Function from (N, H, W) to probabilities or labels of the same shape.
    images
        Images that differ in brightness and contrast, (N, H, W), at least two.

    Returns
    -------
    numpy.ndarray
        What it predicts for these images, (N, H, W).

    Raises
    ------
    ModelError
        If a prediction differs by more than floating-point rounding; the message says when.
    """
    found = predict(images)
    among_others = predict(np.concatenate([images[-1:], images[:1]]))[-1]
    alone = predict(images[:1])[0]
    is_moved = _moved(found[0], among_others) or _moved(found[0], alone)
    if not is_moved and _largest(found, predict(images)) <= _AGAIN:
        return found
    raise ModelError(f"{name}: {_describe(predict, images)}")


def _describe(predict: Callable[[Image], Prediction], images: Image) -> str:
    """What makes the predictions differ, found by predicting some of the images again."""
    first, second = predict(images), predict(images)
    if (largest := _largest(first, second)) > _AGAIN:
        return (
            f"returns different values for the same images (by up to {largest:.2g}); is dropout active, a seed unset, "
            "or does it keep running statistics? Put it into inference mode (model.eval() in PyTorch, training=False "
            "in Keras)"
        )
    if _moved(first[0], predict(images[:1])[0]):
        return (
            "returns different values for an image alone and in a batch; does it normalise over the batch, or is batch "
            "normalisation in training mode? Put it into inference mode (model.eval() in PyTorch, training=False in "
            "Keras), or normalise each image for itself"
        )
    return (
        "returns different values for an image after other images; does it keep statistics of what it has seen? Freeze "
        "them, or normalise each image for itself"
    )


def _largest(one: Prediction, other: Prediction) -> float:
    return float(np.abs(comparable(one) - comparable(other)).max(initial=0))


def _moved(one: Prediction, other: Prediction) -> bool:
    """Whether more pixels of an image, (H, W), differ than rounding explains."""
    return bool(np.mean(np.abs(comparable(one[None]) - comparable(other[None])) > _ELSEWHERE) > _MAX_SHARE)
