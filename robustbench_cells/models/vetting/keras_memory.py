"""How much memory a stranger's Keras network would take: found out before it takes any."""

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

_MAX_BYTES = 2**31  # of the weights, and of what one layer gives for a batch
_MAX_BYTES_TOGETHER = (
    2**35
)  # of what all layers give for a batch; a U-Net of 64 filters has 7 GiB, most of it freed soon
_FLOAT = 4  # bytes
_RANDOM_STATE = "seed_generator_state"  # as Keras calls it; two numbers, and not in every kind of file


def check_size(path: Path, build: Callable[[], keras.Model], numbers: int, interface: Interface) -> None:
    """Build a network without its weights, and look how large those and the layers' outputs would be.

    Parameters
    ----------
    path
        What messages name.
    build
        Makes the network of a configuration that was checked.
    numbers
        How many its file of weights holds.
    interface
        What it gets for pictures.

    Raises
    ------
    ModelError
        If the weights would have more than 2 GiB or more numbers than the file, or for a batch of patches a layer would
        give more than 2 GiB, or all layers together more than 32 GiB.
    """
    with ThreadPoolExecutor(1) as alone:  # Keras keeps a list of variables without values, in each thread
        weights, largest, layer, together = alone.submit(_sizes, build, interface.tile).result()
    if weights * _FLOAT > _MAX_BYTES or weights > numbers:
        raise ModelError(
            f"{path}: its network has {weights} weights, and its file {numbers} (at most {_MAX_BYTES // _FLOAT} are "
            "read); is it damaged? Save it again with Keras"
        )
    if largest * _FLOAT > _MAX_BYTES:
        raise ModelError(
            f"{path}: its layer {layer!r} gives {largest} numbers for a batch of {BATCH} pictures of {interface.tile} "
            f"px, more than the {_MAX_BYTES // _FLOAT} allowed; is it damaged, or [input] side too large?"
        )
    if together * _FLOAT > _MAX_BYTES_TOGETHER:
        raise ModelError(
            f"{path}: its layers together give {together} numbers for a batch of {BATCH} pictures of {interface.tile} "
            f"px, more than the {_MAX_BYTES_TOGETHER // _FLOAT} allowed; is it damaged, or [input] side too large?"
        )


def _sizes(build: Callable[[], keras.Model], side: int) -> tuple[int, int, str, int]:
    import keras

    largest, layer, together = 0, "", 0

    def run(network: Any, given: Any) -> Any:
        """What `given` becomes, a shape without content; networks in the network as well."""
        if isinstance(network, keras.Sequential):
            network = keras.Model(network.inputs, network.outputs)
        return network._run_through_graph(given, operation_fn=shapes)

    def shapes(part: Any) -> Callable[..., Any]:
        def called(*given: Any, **options: Any) -> Any:
            nonlocal largest, layer, together
            within = isinstance(part, keras.Model)
            gives = run(part, given) if within else part.compute_output_spec(*given, **options)
            for one in keras.tree.flatten(gives):
                count = math.prod(length or 1 for length in one.shape)
                together += 0 if within else count  # of a network, its layers have been counted
                if count > largest:
                    largest, layer = count, part.name
            return gives

        return called

    with keras.StatelessScope(initialize_variables=False):  # variables get no values here
        model = build()
        inputs = [
            keras.KerasTensor([one.shape[0] or BATCH, *(length or side for length in one.shape[1:])], one.dtype)
            for one in model.inputs
        ]
        run(model, inputs)
        return _weights_made(model), largest, layer, together


def _weights_made(model: keras.Model) -> int:
    """Of all layers that were made in this thread, those too that lead to no output and that no model counts."""
    import keras
    from keras.src.backend.common.global_state import get_global_attribute

    made = get_global_attribute("uninitialized_variables", [])
    weights = sum(math.prod(one.shape) for one in made if one.name != _RANDOM_STATE)
    if weights < model.count_params():
        raise ModelError(f"this version of Keras ({keras.__version__}) does not tell the size of a network beforehand")
    return weights
