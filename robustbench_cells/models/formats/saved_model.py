"""SavedModels of TensorFlow."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, FileModel, require_trust
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import Array, select_output
from robustbench_cells.models.network import Network, NetworkSegmenter
from robustbench_cells.models.runtimes.keras import keras_runner, translate_errors
from robustbench_cells.models.runtimes.quiet import import_keras
from robustbench_cells.types import Segmenter

_ENDPOINTS = ("serving_default", "serve")  # of tf.keras 2 and of Keras 3


@FORMATS.register
class SavedModel(FileModel):
    """A TensorFlow SavedModel (a folder with ``saved_model.pb``); can execute code, so it needs trust."""

    name = "saved model"
    looks_like = "FOLDER/"
    extra = "keras"

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return (Path(where) / "saved_model.pb").is_file()

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        path = Path(where)
        reason = "a TensorFlow SavedModel is a program (its graph may read and write files)"
        require_trust(where, reason, trusted=trusted)
        digest, interface = model_digest(path)
        keras = import_keras()
        if (backend := keras.backend.backend()) != "tensorflow":
            raise ModelError(
                f"{path}: a SavedModel runs on TensorFlow only, and Keras uses {backend}; set KERAS_BACKEND=tensorflow"
            )
        with translate_errors(path, "save it again with TensorFlow, or as .keras with Keras 3"):
            layer = _open_endpoint(keras, path)
            return NetworkSegmenter(
                path.stem,
                Network(
                    lambda batch: _take_output(path, layer(batch), interface), _input_shape(path, layer), keras_runner()
                ),
                digest,
                interface,
            )


def _open_endpoint(keras: ModuleType, path: Path) -> Any:
    """Open the model's endpoint as a layer, by whichever name it has."""
    try:
        return keras.layers.TFSMLayer(path, call_endpoint=_ENDPOINTS[0])
    except ValueError:
        return keras.layers.TFSMLayer(path, call_endpoint=_ENDPOINTS[1])


def _input_shape(path: Path, layer: Any) -> tuple[int | None, ...]:
    function = layer.call_endpoint_fn
    function = function.concrete_functions[0] if hasattr(function, "concrete_functions") else function
    positional, named = function.structured_input_signature
    inputs = [*positional, *named.values()]
    if len(inputs) != 1:
        raise ModelError(f"{path}: its endpoint {layer.call_endpoint} expects {len(inputs)} inputs; one is needed")
    return tuple(inputs[0].shape.as_list())


def _take_output(path: Path, result: Any, interface: Interface) -> Array:
    outputs = result if isinstance(result, dict) else {"output": result}
    names = sorted(outputs)  # the file stores them in a map, whose order differs between processes
    return np.asarray(outputs[select_output(path, names, interface)], np.float32)
