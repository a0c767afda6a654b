"""Functions and objects of a running program as segmenters, including lambdas, closures and bound methods."""

from __future__ import annotations

import copy
import hashlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError, RobustbenchError, refuse_exits
from robustbench_cells.fingerprint import code_digest, fingerprint
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.independence import require_independence
from robustbench_cells.models.instance_labels import declared_kind, is_labels, require_ids
from robustbench_cells.models.probe import varied_images
from robustbench_cells.models.runtimes.function import Function
from robustbench_cells.types import Image, Prediction, Segmenter


def segmenter_from(name: str, model: Any) -> Segmenter:
    """Make a segmenter of a model in memory.

    Parameters
    ----------
    name
        Name for tables.
    model
        `Segmenter`, Keras model, function from float32 (N, 256, 256) grey levels to probabilities, booleans or
        integers (labels) of the same shape, or object with such a method ``predict``.

    Raises
    ------
    ModelError
        If it cannot be called, fails on a synthetic probe image, returns anything but probabilities or labels, or
        predicts an image in another way the next time or among others.
    """
    if _is_segmenter(model):
        return renamed(model, name) if _is_ours(model) else _from_segmenter(name, model)
    keras = sys.modules.get("keras")
    if keras is not None and isinstance(model, keras.Model):
        return _from_keras(name, model)
    predict = getattr(model, "predict", model)
    if not callable(predict):
        raise ModelError(f"{name}: is {type(model).__name__}; a function or an object with predict() is needed")
    declared = str(getattr(model, "digest", ""))
    return Function(name, predict, declared).identify(fingerprint(predict, state=not declared))


def renamed(segmenter: Segmenter, name: str) -> Segmenter:
    """Copy a segmenter under another name; the original keeps its own."""
    other = copy.copy(segmenter)
    other.name = name
    return other


def _from_segmenter(name: str, model: Any) -> Segmenter:
    """Check a segmenter of third-party code; its digest is a promise, so its code counts too."""
    found = _predict_probes(name, model.predict)
    if is_labels(found):
        require_ids(name, found, "return an id for each cell, or probabilities in float32")
    other: Any = renamed(model, name)
    kind = "labels" if is_labels(found) else "components"
    other.instances = declared_kind(model) or kind
    if is_labels(found) != (other.instances == "labels"):
        raise ModelError(
            f"{name}: returns {found.dtype}, but its attribute `instances` is {other.instances!r}; mend it"
        )
    other.digest = f"{model.digest} [code {code_digest(type(model))}]"
    return other


def _from_keras(name: str, model: Any) -> Segmenter:
    """Wrap a Keras model, with a digest of weights and predictions: its configuration changes when it is compiled."""
    from robustbench_cells.models.runtimes.keras import KerasSegmenter

    segmenter = KerasSegmenter(name, model, digest="")
    predicted = np.round(_predict_probes(name, segmenter.predict)[:2], 3)
    content = [*segmenter.weights, predicted]
    segmenter.digest = hashlib.sha256(b"".join(array.tobytes() for array in content)).hexdigest()
    return segmenter


def _predict_probes(name: str, predict: Callable[[Image], Prediction]) -> Prediction:
    """Predict the probe images, each the same in any batch; whatever third-party code raises becomes a `ModelError`."""
    images = varied_images()
    try:
        with refuse_exits(name):
            found = require_independence(name, predict, images)
    except RobustbenchError:
        raise
    except Exception as error:
        raise ModelError(f"{name}: fails on probe images of 256 px ({type(error).__name__}: {error})") from error
    if np.shape(found) != images.shape:
        raise ModelError(
            f"{name}: returns an array of shape {np.shape(found)} for images of shape {images.shape}; return "
            "probabilities or labels of the same shape"
        )
    return found


def _is_segmenter(model: Any) -> bool:
    return all(hasattr(model, name) for name in ("name", "digest", "predict")) and isinstance(model.digest, str)


def _is_ours(segmenter: Segmenter) -> bool:
    """Whether it was loaded by this package, or is registered: the record cache knows its code then."""
    return type(segmenter).__module__.startswith("robustbench_cells.") or any(
        type(one) is type(segmenter) for one in BASELINES
    )
