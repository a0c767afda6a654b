"""Memory and time that an untrusted Keras network would need, computed before any is spent."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.sliding_window import count_tiles
from robustbench_cells.models.vetting.graph_cost import Cost, measure_graph
from robustbench_cells.models.vetting.layer_cost import measure_layers
from robustbench_cells.types import BATCH, PATCH_SIDE

if TYPE_CHECKING:
    import keras

_MAX_BYTES = 2**31  # weights, and arrays that one call needs at the same time
_MAX_BATCH = 64  # images that a network may demand in each call
_MAX_WORK = 2**41  # for a batch of patches; 2^39.8 for a U-Net of 64 to 1024 filters, about 45 s of two cores
_CALL_BYTES = 2**30  # what a call is kept to, where the network leaves the size of a batch open:
_CALL_WORK = 2**38  # about 5 s of two cores
_FLOAT = 4  # bytes
_RANDOM_STATE = "seed_generator_state"  # Keras' name of two numbers that not every file stores


def check_size(path: Path, build: Callable[[], keras.Model], numbers: int, interface: Interface) -> int:
    """Build a network without allocating its weights, and check their size, and the cost of predicting.

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

    Returns
    -------
    int
        Number of images to predict in one call, at most `BATCH`, so that a call of a large network takes little time
        and memory.

    Raises
    ------
    ModelError
        If the weights exceed 2 GiB or the numbers in the file; if one call needs more than 2 GiB or 64 images; or if
        a batch of patches takes more than 2^41 operations.
    """
    with ThreadPoolExecutor(1) as executor:  # Keras lists uninitialised variables per thread
        return executor.submit(_check, path, build, numbers, interface).result()


def _check(path: Path, build: Callable[[], keras.Model], numbers: int, interface: Interface) -> int:
    import keras

    with keras.StatelessScope(initialize_variables=False):  # variables stay without values
        model = build()
        weights = _count_weights(model)
        if weights * _FLOAT > _MAX_BYTES or weights > numbers:
            raise ModelError(
                f"{path}: its network has {weights} weights, but its file has {numbers} (and at most "
                f"{_MAX_BYTES // _FLOAT} are allowed); if it is damaged, save it again with Keras"
            )
        declared = {tensor.shape[0] for tensor in model.inputs if tensor.shape} - {None}
        if max(declared, default=1) > _MAX_BATCH:
            raise ModelError(
                f"{path}: takes {max(declared)} images in each call, more than the {_MAX_BATCH} allowed; save it with "
                "an input of any number of images"
            )
        batch = max(declared, default=BATCH)
        inputs = [_complete(tensor, batch, interface.tile) for tensor in model.inputs]
        try:
            cost = (
                measure_graph(model, inputs)
                if keras.backend.backend() == "tensorflow"
                else measure_layers(model, inputs)
            )
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error
    return _check_cost(path, cost, batch, interface, is_open=not declared)


def _complete(tensor: keras.KerasTensor, batch: int, side: int) -> keras.KerasTensor:
    """The input with a size for each length that is left open."""
    import keras

    return keras.KerasTensor([tensor.shape[0] or batch, *(length or side for length in tensor.shape[1:])], tensor.dtype)


def _check_cost(path: Path, cost: Cost, batch: int, interface: Interface, *, is_open: bool) -> int:
    """Check the cost of a call with a batch; returns a smaller batch if the network leaves it open and is large."""
    calls = max(cost.peak / _CALL_BYTES, cost.work / _CALL_WORK) if is_open else 1
    size = max(1, batch >> math.ceil(math.log2(calls))) if calls > 1 else batch
    if (peak := cost.peak * size // batch) > _MAX_BYTES:
        raise ModelError(
            f"{path}: a call with {size} images of {interface.tile} px needs {peak} bytes at the same time, more than "
            f"the {_MAX_BYTES} allowed, most of them in {cost.largest[:200]!r}; is the file damaged, or [input] side "
            "too large?"
        )
    tiles = count_tiles(PATCH_SIDE + 2 * interface.crop, interface.tile, interface.halo + interface.crop)
    if (work := cost.work * math.ceil(BATCH * tiles / batch)) > _MAX_WORK:
        tiled = f" in {tiles} tiles each" if tiles > 1 else ""
        raise ModelError(
            f"{path}: predicting {BATCH} patches{tiled} takes as long as {work} multiply-adds, more than the "
            f"{_MAX_WORK} allowed, most of them in {cost.hardest[:200]!r}; is the file damaged, or can it do with "
            "fewer filters, with smaller kernels and windows, or without [input] side and halo?"
        )
    return size


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
