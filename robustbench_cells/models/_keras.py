"""A Keras model as a segmenter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.types import BATCH, PATCH_SIDE, Image

if TYPE_CHECKING:
    import keras


def jit_setting() -> bool | str:
    """What `keras.Model.compile` takes as ``jit_compile``: TensorFlow's own CPU kernels are twice as fast as XLA's."""
    import keras

    return False if keras.backend.backend() == "tensorflow" else "auto"


class KerasSegmenter:
    """A Keras model of one grey channel in, one probability out (see `Segmenter`).

    Parameters
    ----------
    name
        As in test ids and tables.
    model
        From (N, H, W, 1) in [0, 255] to (N, H, W, 1) in [0, 1].
    digest
        SHA-256 of its file.

    Raises
    ------
    ModelError
        If the model's input or output is of another form.
    """

    def __init__(self, name: str, model: keras.Model, digest: str) -> None:
        for end, shape in (("input", model.input_shape), ("output", model.output_shape)):
            if not isinstance(shape, tuple) or len(shape) != 4 or shape[-1] != 1:
                raise ModelError(f"{name}: its {end} has shape {shape}; one of (N, H, W, 1) is needed")
            if shape[0] not in (None, BATCH) or any(side not in (None, PATCH_SIDE) for side in shape[1:3]):
                raise ModelError(f"{name}: its {end} is fixed to {shape}; patches are {PATCH_SIDE}×{PATCH_SIDE}")
        self.name = name
        self.digest = digest
        self._model = model
        if not model.compiled:
            model.compile(jit_compile=jit_setting())

    @property
    def weights(self) -> list[np.ndarray]:
        """The network's weights, layer by layer."""
        return self._model.get_weights()

    def predict(self, images: Image) -> Image:
        """See `Segmenter.predict`. Every call of the network has the same batch size, the last one padded.

        A CPU's convolutions round differently at other sizes, and a compiled step is reused.
        """
        chunks = [self._predict_chunk(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        return np.concatenate(chunks) if chunks else np.empty(images.shape, np.float32)

    def _predict_chunk(self, images: Image) -> Image:
        padded = np.zeros((BATCH, *images.shape[1:], 1), np.float32)
        padded[: len(images), ..., 0] = images
        probabilities: Any = self._model.predict_on_batch(padded)
        return np.asarray(probabilities, np.float32)[: len(images), ..., 0]
