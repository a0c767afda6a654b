"""A Keras model as an ONNX graph."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.models.runtimes.keras import KerasSegmenter
from robustbench_cells.models.runtimes.quiet import errors_only, import_keras


def write_onnx(segmenter: KerasSegmenter, path: Path) -> None:
    """Write a graph for any number of patches, by Keras' own export.

    Raises
    ------
    ModelError
        If the backend is not TensorFlow.
    """
    keras = import_keras()
    if keras.backend.backend() != "tensorflow":
        raise ModelError(f"{segmenter.name}: is exported on the backend tensorflow; set KERAS_BACKEND=tensorflow")
    interface, given = segmenter.interface, segmenter.model
    open_sides = {"H": interface.tile, "W": interface.tile, "C": interface.channels}  # resizing layers need a size
    axes = zip(str(interface.layout)[1:], given.input_shape[1:], strict=True)
    shape = [side or open_sides[axis] for axis, side in axes]
    if len(given.outputs) > 1:
        given = keras.Model(given.inputs, given.outputs[segmenter.output])
    signature = [keras.InputSpec(shape=(None, *shape), dtype="float32")]
    with errors_only():
        given.export(path, format="onnx", input_signature=signature, verbose=False)
