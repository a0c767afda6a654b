"""Models as TensorFlow saves them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, ModelFormat, require_trust
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, select_output
from robustbench_cells.models.network import Network, NetworkSegmenter
from robustbench_cells.models.runtimes.keras import translate_errors
from robustbench_cells.models.runtimes.quiet import import_keras
from robustbench_cells.types import Segmenter

_ENDPOINTS = ("serving_default", "serve")  # as tf.keras 2 calls what predicts, and Keras 3


@FORMATS.register
class SavedModel(ModelFormat):
    """A TensorFlow SavedModel (``saved_model.pb`` in a folder); a program, so only if trusted."""

    name = "saved model"
    looks_like = "FOLDER/"
    extra = "keras"

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return (Path(where) / "saved_model.pb").is_file()

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        path = Path(where)
        require_trust(
            where, "a TensorFlow SavedModel is a program (its graph may read and write files)", trusted=trusted
        )
        digest, interface = model_digest(path)
        keras = import_keras()
        if (backend := keras.backend.backend()) != "tensorflow":
            raise ModelError(
                f"{path}: a SavedModel runs on TensorFlow only, and Keras uses {backend}; set KERAS_BACKEND=tensorflow"
            )
        with translate_errors(path, "save it again with TensorFlow, or as .keras with Keras 3"):
            layer = _endpoint(keras, path)
            return NetworkSegmenter(
                path.stem,
                Network(lambda batch: _one(path, layer(batch), interface), _input_shape(path, layer)),
                digest,
                interface,
            )


def _endpoint(keras: ModuleType, path: Path) -> Any:
    """What predicts, as a layer, by whichever of its names."""
    try:
        return keras.layers.TFSMLayer(path, call_endpoint=_ENDPOINTS[0])
    except ValueError:
        return keras.layers.TFSMLayer(path, call_endpoint=_ENDPOINTS[1])


def _input_shape(path: Path, layer: Any) -> tuple[int | None, ...]:
    runs = layer.call_endpoint_fn
    runs = runs.concrete_functions[0] if hasattr(runs, "concrete_functions") else runs
    ordered, named = runs.structured_input_signature
    takes = [*ordered, *named.values()]
    if len(takes) != 1:
        raise ModelError(f"{path}: its endpoint {layer.call_endpoint} takes {len(takes)} inputs; one is needed")
    return tuple(takes[0].shape.as_list())


def _one(path: Path, given: Any, interface: Interface) -> Array:
    outputs = given if isinstance(given, dict) else {"output": given}
    in_order = sorted(outputs)  # the file keeps them in a map, whose order differs from process to process
    return np.asarray(outputs[select_output(path, in_order, interface)], np.float32)
