"""Conversion of Keras models to ONNX graphs."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.models.runtimes.keras import KerasSegmenter
from robustbench_cells.models.runtimes.quiet import capture_stderr, import_keras


def write_onnx(segmenter: KerasSegmenter, path: Path) -> None:
    """Write a graph with a variable batch size, by Keras' own export.

    Raises
    ------
    ModelError
        If the backend is not TensorFlow.
    """
    keras = import_keras()
    if keras.backend.backend() != "tensorflow":
        raise ModelError(f"{segmenter.name}: export needs the TensorFlow backend; set KERAS_BACKEND=tensorflow")

    interface, model = segmenter.interface, segmenter.model
    defaults = {"H": interface.tile, "W": interface.tile, "C": interface.channels}  # resizing layers need a fixed size
    axes = zip(str(interface.layout)[1:], model.input_shape[1:], strict=True)
    shape = [length or defaults[axis] for axis, length in axes]
    if len(model.outputs) > 1:
        model = keras.Model(model.inputs, model.outputs[segmenter.output])
    signature = [keras.InputSpec(shape=(None, *shape), dtype="float32")]
    with capture_stderr():
        model.export(path, format="onnx", input_signature=signature, verbose=False)
