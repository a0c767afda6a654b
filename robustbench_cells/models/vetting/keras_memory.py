"""Memory that an untrusted Keras network would need, computed before any is allocated."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface
from robustbench_cells.types import BATCH

if TYPE_CHECKING:
    import keras

_MAX_BYTES = 2**31  # weights, and output of one layer for a batch
_MAX_TOTAL_BYTES = 2**35  # outputs of all layers for a batch; 7 GiB for a U-Net of 64 filters, most of it freed soon
_FLOAT = 4  # bytes
_RANDOM_STATE = "seed_generator_state"  # Keras' name of two numbers that not every file stores


def check_size(path: Path, build: Callable[[], keras.Model], numbers: int, interface: Interface) -> None:
    """Build a network without allocating its weights, and check the size of weights and layer outputs.

    Parameters
    ----------
    path
        Path of the model, for messages.
    build
        Function that builds the network from a validated configuration.
    numbers
        Number of values in the file of weights.
    interface
        Declared interface, which gives the input size.

    Raises
    ------
    ModelError
        If the weights exceed 2 GiB or the numbers in the file; or if, for a batch of patches, the output of one layer
        exceeds 2 GiB, or that of all layers 32 GiB.
    """
    with ThreadPoolExecutor(1) as executor:  # Keras lists uninitialised variables per thread
        weights, largest, layer, total = executor.submit(_measure, build, interface.tile).result()
    if weights * _FLOAT > _MAX_BYTES or weights > numbers:
        raise ModelError(
            f"{path}: its network has {weights} weights, but its file has {numbers} (and at most "
            f"{_MAX_BYTES // _FLOAT} are allowed); if it is damaged, save it again with Keras"
        )
    batch = f"for a batch of {BATCH} images of {interface.tile} px"
    if largest * _FLOAT > _MAX_BYTES:
        raise ModelError(
            f"{path}: its layer {layer!r} outputs {largest} numbers {batch}, more than the {_MAX_BYTES // _FLOAT} "
            "allowed; is the file damaged, or [input] side too large?"
        )
    if total * _FLOAT > _MAX_TOTAL_BYTES:
        raise ModelError(
            f"{path}: its layers output {total} numbers {batch}, more than the {_MAX_TOTAL_BYTES // _FLOAT} allowed; "
            "is the file damaged, or [input] side too large?"
        )


def _measure(build: Callable[[], keras.Model], side: int) -> tuple[int, int, str, int]:
    """Count weights, and the numbers in the largest layer output (with the layer's name) and in all of them."""
    import keras

    largest, layer, total = 0, "", 0

    def run(network: Any, inputs: Any) -> Any:
        """Propagate shapes without content, through nested networks too."""
        if isinstance(network, keras.Sequential):
            network = keras.Model(network.inputs, network.outputs)
        return network._run_through_graph(inputs, operation_fn=count_outputs)

    def count_outputs(part: Any) -> Callable[..., Any]:
        def call(*inputs: Any, **options: Any) -> Any:
            nonlocal largest, layer, total
            is_network = isinstance(part, keras.Model)
            outputs = run(part, inputs) if is_network else part.compute_output_spec(*inputs, **options)
            for output in keras.tree.flatten(outputs):
                count = math.prod(length or 1 for length in output.shape)
                total += 0 if is_network else count  # the layers of a network are already counted
                if count > largest:
                    largest, layer = count, part.name
            return outputs

        return call

    with keras.StatelessScope(initialize_variables=False):  # variables stay without values
        model = build()
        inputs = [
            keras.KerasTensor(
                [tensor.shape[0] or BATCH, *(length or side for length in tensor.shape[1:])], tensor.dtype
            )
            for tensor in model.inputs
        ]
        run(model, inputs)
        return _count_weights(model), largest, layer, total


def _count_weights(model: keras.Model) -> int:
    """Count the weights of all layers built in this thread, including those that lead to no output of the model."""
    import keras
    from keras.src.backend.common.global_state import get_global_attribute

    variables = get_global_attribute("uninitialized_variables", [])
    weights = sum(math.prod(variable.shape) for variable in variables if variable.name != _RANDOM_STATE)
    if weights < model.count_params():
        raise ModelError(
            f"Keras {keras.__version__} does not report the size of a network in advance; install a supported version"
        )
    return weights
