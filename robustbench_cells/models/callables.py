"""Functions and objects of a running program as segmenters: lambdas, closures and bound methods among them."""

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
    """A model that is in memory, under a name.

    Parameters
    ----------
    name
        Name for tables.
    model
        A `Segmenter`, a Keras model, a function from float32 (N, 256, 256) grey levels to probabilities or booleans of
        the same shape, or an object with such a method ``predict``.

    Raises
    ------
    ModelError
        If it cannot be called, fails on a synthetic probe image, or gives anything but probabilities.
    """
    if _is_segmenter(model):
        own = copy.copy(model)  # the name of the original stays
        own.name = name
        return own
    keras = sys.modules.get("keras")
    if keras is not None and isinstance(model, keras.Model):
        return _from_keras(name, model)
    predict = getattr(model, "predict", model)
    if not callable(predict):
        raise ModelError(f"{name}: is {type(model).__name__}; a function or an object with predict() is needed")
    fingerprint = b"".join(_content(predict))
    return Function(name, predict, str(getattr(model, "digest", ""))).identified(fingerprint)


def _from_keras(name: str, model: Any) -> Segmenter:
    """By its weights and what it predicts: its configuration changes as it is compiled."""
    from robustbench_cells.models.runtimes.keras import KerasSegmenter

    segmenter = KerasSegmenter(name, model, digest="")
    predicted = np.round(segmenter.predict(probe_images()), 3)
    content = [*segmenter.weights, predicted]
    segmenter.digest = hashlib.sha256(b"".join(array.tobytes() for array in content)).hexdigest()
    return segmenter


def _is_segmenter(model: Any) -> bool:
    return all(hasattr(model, name) for name in ("name", "digest", "predict")) and isinstance(model.digest, str)


def _content(value: Any, depth: int = 4) -> Iterator[bytes]:
    """What is known of a value without running it: code, constants, defaults, closed-over values, attributes."""
    if depth < 0:
        return
    if isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    elif isinstance(value, str | bytes | int | float | complex | bool | None):
        yield repr(value).encode()
    elif isinstance(value, CodeType):
        yield value.co_code + repr(value.co_names).encode()
        for constant in value.co_consts:
            yield from _content(constant, depth)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _content(one, depth - 1)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _content([key, one], depth - 1)
    elif inspect.ismethod(value):
        yield from _content([value.__func__, value.__self__], depth - 1)
    elif inspect.isfunction(value):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        yield from _content([value.__code__, value.__defaults__, value.__kwdefaults__, cells], depth - 1)
    else:
        yield f"{type(value).__module__}.{type(value).__qualname__}".encode()
        yield from _content(getattr(value, "__dict__", None), depth - 1)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where a name is not bound yet
    except ValueError:
        return False
    return True
