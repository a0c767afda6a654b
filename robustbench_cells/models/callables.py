"""Functions and objects of a running program as segmenters, including lambdas, closures and bound methods."""

from __future__ import annotations

import copy
import hashlib
import sys
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.fingerprint import fingerprint
from robustbench_cells.models.probe import probe_images
from robustbench_cells.models.runtimes.function import Function
from robustbench_cells.types import Segmenter


def segmenter_from(name: str, model: Any) -> Segmenter:
    """Make a segmenter of a model in memory.

    Parameters
    ----------
    name
        Name for tables.
    model
        `Segmenter`, Keras model, function from float32 (N, 256, 256) grey levels to probabilities or booleans of the
        same shape, or object with such a method ``predict``.

    Raises
    ------
    ModelError
        If it cannot be called, fails on a synthetic probe image, or returns anything but probabilities.
    """
    if _is_segmenter(model):
        renamed = copy.copy(model)  # the original keeps its name
        renamed.name = name
        return renamed
    keras = sys.modules.get("keras")
    if keras is not None and isinstance(model, keras.Model):
        return _from_keras(name, model)
    predict = getattr(model, "predict", model)
    if not callable(predict):
        raise ModelError(f"{name}: is {type(model).__name__}; a function or an object with predict() is needed")
    return Function(name, predict, str(getattr(model, "digest", ""))).identify(fingerprint(predict))


def _from_keras(name: str, model: Any) -> Segmenter:
    """Wrap a Keras model, with a digest of weights and predictions: its configuration changes when it is compiled."""
    from robustbench_cells.models.runtimes.keras import KerasSegmenter

    segmenter = KerasSegmenter(name, model, digest="")
    predicted = np.round(segmenter.predict(probe_images()), 3)
    content = [*segmenter.weights, predicted]
    segmenter.digest = hashlib.sha256(b"".join(array.tobytes() for array in content)).hexdigest()
    return segmenter


def _is_segmenter(model: Any) -> bool:
    return all(hasattr(model, name) for name in ("name", "digest", "predict")) and isinstance(model.digest, str)
