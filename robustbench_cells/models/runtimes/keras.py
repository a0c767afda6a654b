"""Keras models as segmenters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.layout import select_output
from robustbench_cells.models.network import Network, NetworkSegmenter
from robustbench_cells.models.runtimes.threads import used_threads
from robustbench_cells.types import BATCH, Runner

if TYPE_CHECKING:
    import keras


def jit_setting() -> bool | str:
    """Choose ``jit_compile`` of `keras.Model.compile`: TensorFlow's own CPU kernels are twice as fast as XLA's."""
    import keras

    return False if keras.backend.backend() == "tensorflow" else "auto"


def keras_runner() -> Runner:
    """What runs Keras models."""
    import keras

    backend = keras.backend.backend()
    return Runner("keras", keras.__version__, f"{backend} {version(backend)}", used_threads())


@contextmanager
def translate_errors(path: Path, remedy: str) -> Iterator[None]:
    """Turn whatever Keras raises on a file into a `ModelError`."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # Keras, its backend and h5py raise many types
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = reason if len(reason) < 400 else f"{reason[:150]} … {reason[-250:]}"
        raise ModelError(f"{path}: Keras cannot load it ({reason}); {remedy}") from error


class KerasSegmenter(NetworkSegmenter):
    """A Keras model (see `NetworkSegmenter`); by default one grey channel in and one probability out.

    Parameters
    ----------
    name, digest, interface
        See `NetworkSegmenter`.
    model
        Model to wrap.
    batch
        Number of images in each call, if the model's input leaves it open.

    Attributes
    ----------
    model
        Wrapped model.
    output
        Index of the output in use.

    Raises
    ------
    ModelError
        If the model has several inputs, several outputs and none declared, or another input than declared.
    """

    def __init__(
        self, name: str, model: keras.Model, digest: str, interface: Interface | None = None, batch: int = BATCH
    ) -> None:
        if not isinstance(model.input_shape, tuple):
            raise ModelError(f"{name}: has several inputs, {model.input_shape}; one is needed")
        outputs = list(getattr(model, "output_names", [model.layers[-1].name]))  # a Sequential has no output_names
        self.output = outputs.index(select_output(name, outputs, interface or Interface()))
        if not model.compiled:
            model.compile(jit_compile=jit_setting())
        self.model = model
        network = Network(self._run, model.input_shape, keras_runner(), batch)
        super().__init__(name, network, digest, interface)

    @property
    def weights(self) -> list[np.ndarray]:
        """Weights of the network, layer by layer."""
        return self.model.get_weights()

    def _run(self, batch: np.ndarray) -> np.ndarray:
        found: Any = self.model.predict_on_batch(batch)
        return np.asarray(_flatten(found)[self.output], np.float32)


def _flatten(outputs: Any) -> list[Any]:
    """List nested outputs in the order of Keras' output names."""
    import keras

    return list(keras.tree.flatten(outputs))
