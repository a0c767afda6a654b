"""A Keras model as an ONNX graph."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.models import KerasSegmenter, errors_only, import_keras
from robustbench_cells.types import PATCH_SIDE


def write_onnx(segmenter: KerasSegmenter, path: Path) -> None:
    """Write a graph for any number of patches, by Keras' own export.

    Raises
    ------
    ModelError
        If tf2onnx is not installed, or the backend is not TensorFlow.
    """
    keras = import_keras()
    if keras.backend.backend() != "tensorflow":
        raise ModelError(f"{segmenter.name}: is exported on the backend tensorflow; set KERAS_BACKEND=tensorflow")
    try:
        import tf2onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModelError(f"{segmenter.name}: needs tf2onnx: pip install 'robustbench-cells[onnx]'") from error
    shape = [side or PATCH_SIDE for side in segmenter.model.input_shape[1:]]  # resizing layers need a size
    signature = [keras.InputSpec(shape=(None, *shape), dtype="float32")]
    with errors_only():
        segmenter.model.export(path, format="onnx", input_signature=signature, verbose=False)
