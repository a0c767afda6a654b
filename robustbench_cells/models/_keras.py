"""A Keras model as a segmenter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models._interface import Interface
from robustbench_cells.models._network import Network, NetworkSegmenter

if TYPE_CHECKING:
    import keras


def jit_setting() -> bool | str:
    """What `keras.Model.compile` takes as ``jit_compile``: TensorFlow's own CPU kernels are twice as fast as XLA's."""
    import keras

    return False if keras.backend.backend() == "tensorflow" else "auto"


class KerasSegmenter(NetworkSegmenter):
    """A Keras model (see `NetworkSegmenter`): without an interface, one grey channel in and one probability out.

    Attributes
    ----------
    model
        The model itself.

    Raises
    ------
    ModelError
        If the model has several inputs or outputs, or another input than declared.
    """

    def __init__(self, name: str, model: keras.Model, digest: str, interface: Interface | None = None) -> None:
        for end, shape in (("input", model.input_shape), ("output", model.output_shape)):
            if not isinstance(shape, tuple):
                raise ModelError(f"{name}: has several {end}s, {shape}; one is needed")
        if not model.compiled:
            model.compile(jit_compile=jit_setting())
        self.model = model
        super().__init__(name, Network(self._run, model.input_shape), digest, interface)

    @property
    def weights(self) -> list[np.ndarray]:
        """The network's weights, layer by layer."""
        return self.model.get_weights()

    def _run(self, batch: np.ndarray) -> np.ndarray:
        found: Any = self.model.predict_on_batch(batch)
        return np.asarray(found, np.float32)
