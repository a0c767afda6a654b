"""Work and memory of a Keras network on a backend other than TensorFlow, estimated from the outputs of its layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from robustbench_cells.models.vetting.graph_cost import Cost

if TYPE_CHECKING:
    import keras

_FLOAT = 4  # bytes
_OUTPUT = 256  # multiply-adds for a number that a layer outputs: it computes several


def measure_layers(model: keras.Model, inputs: Sequence[keras.KerasTensor]) -> Cost:
    """Propagate shapes, without content, through all layers, those of nested networks too.

    Parameters
    ----------
    model
        Network, whose variables may have no values.
    inputs
        Its inputs, with complete shapes.

    Returns
    -------
    Cost
        Of the layers' outputs, weights and windows; the peak is the largest output.
    """
    import keras

    peak, largest, work, most, hardest = 0, "", 0, 0, ""

    def run(network: Any, tensors: Any) -> Any:
        if isinstance(network, keras.Sequential):
            network = keras.Model(network.inputs, network.outputs)
        return network._run_through_graph(tensors, operation_fn=count_outputs)

    def count_outputs(part: Any) -> Callable[..., Any]:
        def call(*tensors: Any, **options: Any) -> Any:
            nonlocal peak, largest, work, most, hardest
            if isinstance(part, keras.Model):
                return run(part, tensors)
            outputs = part.compute_output_spec(*tensors, **options)
            for output in keras.tree.flatten(outputs):
                count = math.prod(length or 1 for length in output.shape)
                found = count * (_OUTPUT + _count_products(part, output.shape))
                work += found
                if count * _FLOAT > peak:
                    peak, largest = count * _FLOAT, part.name
                if found > most:
                    most, hardest = found, part.name
            return outputs

        return call

    run(model, inputs)
    return Cost(peak, largest, work, hardest)


def _count_products(part: Any, shape: Sequence[int | None]) -> int:
    """Multiply-adds or comparisons for each number that a layer outputs: a weight is used once at each pixel."""
    weights = sum(math.prod(variable.shape) for variable in getattr(part, "variables", ()))
    return weights // (shape[-1] or 1) + math.prod(getattr(part, "pool_size", ()))
