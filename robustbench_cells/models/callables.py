"""Functions and objects of a running program as segmenters, including lambdas, closures and bound methods."""

from __future__ import annotations

import copy
import hashlib
import inspect
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
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
    content = b"".join(_serialise(predict))
    return Function(name, predict, str(getattr(model, "digest", ""))).identify(content)


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


def _serialise(value: Any, depth: int = 4) -> Iterator[bytes]:
    """Serialise a value without running it: code, constants, defaults, closed-over values, attributes."""
    if depth < 0:
        return
    if isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    elif isinstance(value, str | bytes | int | float | complex | bool | None):
        yield repr(value).encode()
    elif isinstance(value, CodeType):
        yield value.co_code + repr(value.co_names).encode()
        for constant in value.co_consts:
            yield from _serialise(constant, depth)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _serialise(one, depth - 1)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _serialise([key, one], depth - 1)
    elif inspect.ismethod(value):
        yield from _serialise([value.__func__, value.__self__], depth - 1)
    elif inspect.isfunction(value):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        yield from _serialise([value.__code__, value.__defaults__, value.__kwdefaults__, cells], depth - 1)
    else:
        yield f"{type(value).__module__}.{type(value).__qualname__}".encode()
        yield from _serialise(getattr(value, "__dict__", None), depth - 1)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises if the name is not bound yet
    except ValueError:
        return False
    return True
