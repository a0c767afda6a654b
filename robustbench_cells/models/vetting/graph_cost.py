"""Work and memory of a Keras network, read from the graph that TensorFlow would run, before anything runs.

Layers hide what they compute: a separable convolution an image of its own, a resize another. The graph has all of it,
operation by operation, with the shape of every result.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from robustbench_cells.errors import ModelError

if TYPE_CHECKING:
    import keras

_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_INPUT = "Placeholder"
_VIEWS = frozenset({"ExpandDims", "Identity", "IdentityN", "Reshape", "Squeeze", "StopGradient"})  # need no memory
_MAX_KERNEL = 128  # pixels
_MAX_BFLOAT16 = 12  # pixels, channel by channel
_MAX_COMPILED = 100  # functions that are compiled before they run, 0.2 s each

# Work is counted in multiply-adds of a wide convolution in float32, which two cores do in a fiftieth of a nanosecond;
# the other operations were measured against it, with TensorFlow 2.21.
_ELEMENT = 64  # a number that is read or written
_OPERATION = 2**19  # the start of an operation
_LANES = 32  # channels that are computed at once: fewer take as long
_GROUPED = 512  # a multiply-add of a grouped convolution, which is compiled without vectors
_SORTED = 512  # a comparison of a sort
_TAPS: Mapping[str, int] = {"ResizeArea": 128, "ResizeBicubic": 128, "ScaleAndTranslate": 512}  # an interpolated pixel
_SLOWER: Mapping[str, int] = {"float16": 2, "float64": 8, "int64": 4}  # types, against float32
_SLOW_WINDOWS: Mapping[str, int] = {"float16": 128, "float64": 16}  # a comparison or product, besides
_FAST = frozenset({"bfloat16", "float32"})  # types in which windows are computed many channels at once


@dataclass(frozen=True)
class Cost:
    """What one call of a network takes.

    Attributes
    ----------
    peak
        Bytes of the arrays that are needed at the same time, without weights.
    largest
        Name of the operation whose result is the largest.
    work
        Number of multiply-adds of a convolution that take as long.
    hardest
        Name of the operation that has most of this work.
    """

    peak: int
    largest: str
    work: int
    hardest: str


def measure_graph(model: keras.Model, inputs: Sequence[keras.KerasTensor]) -> Cost:
    """Trace a network without its weights, and sum the cost of its operations.

    Parameters
    ----------
    model
        Network, whose variables may have no values.
    inputs
        Its inputs, with complete shapes.

    Raises
    ------
    ModelError
        If it branches or loops, has a result whose size depends on the data, or a convolution whose kernel exceeds 128
        pixels.
    """
    graph, weights, kept = _trace(model, inputs)
    compiled = sum(operation.type in _CALLS for operation in graph.get_operations())
    if compiled > _MAX_COMPILED:
        raise ModelError(
            f"has {compiled} grouped convolutions, each of which is compiled, more than the {_MAX_COMPILED} allowed; "
            "use convolutions without groups, or DepthwiseConv2D"
        )
    operations = [operation for operation in _iter_operations(graph) if operation not in weights]
    sizes = {operation: sum(map(_count_bytes, operation.outputs)) for operation in operations}
    work = {operation: _count_work(operation) for operation in operations}
    largest, hardest = (max(operations, key=found.__getitem__) for found in (sizes, work))
    return Cost(_simulate_peak(sizes, kept), largest.name, sum(work.values()), hardest.name)


def _trace(model: keras.Model, inputs: Sequence[keras.KerasTensor]) -> tuple[Any, set[Any], set[Any]]:
    """Trace a network; returns the graph, the operations in place of its weights, and its inputs and results."""
    import keras
    import tensorflow as tf  # type: ignore[import-untyped]

    graph = tf.__internal__.FuncGraph("cost")
    with graph.as_default():
        weights = [(one, tf.compat.v1.placeholder(one.dtype, one.shape)) for one in model.variables]
        images = [tf.compat.v1.placeholder(one.dtype, one.shape) for one in inputs]
        with keras.StatelessScope(state_mapping=weights, initialize_variables=False):
            results = model(images[0] if len(images) == 1 else images, training=False)
    kept = {tensor.op for tensor in (*images, *keras.tree.flatten(results))}
    return graph, {value.op for _, value in weights}, kept


def _iter_operations(graph: Any, called: bool = False) -> Iterator[Any]:
    """Iterate over the operations, with those of a called function before the call."""
    for operation in graph.get_operations():
        if operation.type in _CALLS:
            yield from _iter_operations(graph._get_function(operation.get_attr("f").name).graph, called=True)
        elif any(value.HasField("func") for value in operation.node_def.attr.values()):
            raise ModelError(
                f"its operation {operation.name[:200]!r} ({operation.type}) computes what depends on the data; resize "
                "to a fixed size, without keeping the aspect ratio"
            )
        if not (called and operation.type == _INPUT):
            yield operation


def _count(tensor: Any) -> int:
    count = tensor.shape.num_elements()
    if count is None:
        raise ModelError(f"the size of its {tensor.name[:200]!r} depends on the data")
    return int(count)


def _count_bytes(tensor: Any) -> int:
    return _count(tensor) * int(tensor.dtype.size)


def _simulate_peak(sizes: Mapping[Any, int], kept: Collection[Any]) -> int:
    """Bytes alive at most, if operations run in the order in which their inputs are complete, as in TensorFlow."""
    sources = {operation: {tensor.op for tensor in operation.inputs} & sizes.keys() for operation in sizes}
    readers: dict[Any, list[Any]] = {operation: [] for operation in sizes}
    for operation in sizes:
        for source in sources[operation]:
            readers[source].append(operation)
    missing = {operation: len(found) for operation, found in sources.items()}
    users = {operation: len(found) + (operation in kept) for operation, found in readers.items()}
    ready = deque(operation for operation, count in missing.items() if not count)
    alive = peak = 0

    def release(operation: Any) -> int:
        """Bytes that end where an operation has no user left; a view is one more user of its source."""
        if users[operation]:
            return 0
        return sizes[operation] if operation.type not in _VIEWS else sum(map(finish, sources[operation]))

    def finish(source: Any) -> int:
        users[source] -= 1
        return release(source)

    while ready:
        operation = ready.popleft()
        if operation.type not in _VIEWS:
            alive += sizes[operation]
            peak = max(peak, alive)
            alive -= sum(map(finish, sources[operation]))
        alive -= release(operation)
        for reader in readers[operation]:
            missing[reader] -= 1
            if not missing[reader]:
                ready.append(reader)
    return peak


def _count_work(operation: Any) -> int:
    if operation.type in _VIEWS:
        return _OPERATION
    elements = max((_count(tensor) for tensor in (*operation.inputs, *operation.outputs)), default=0)
    work = _OPERATION + _ELEMENT * elements
    if operation.type in _WORK:
        work += _WORK[operation.type](operation)
    types = {tensor.dtype.name for tensor in operation.outputs}
    return work * max((_SLOWER.get(name, 1) for name in types), default=1)


def _convolution(operation: Any) -> int:
    height, width, read, written = _kernel(operation)
    products = _count(operation.outputs[0]) * height * width * read
    if int(operation.inputs[0].shape[_channel_axis(operation)]) != read:
        return products * _GROUPED // min(_LANES, read)
    return products * _LANES // min(_LANES, written)


def _transposed(operation: Any) -> int:
    height, width, written, read = _kernel(operation)
    used = max(_count(operation.inputs[2]) * written, _count(operation.outputs[0]) * read)  # strides save nothing
    return used * height * width * _LANES // min(_LANES, written)


def _kernel(operation: Any) -> list[int]:
    """Height, width, and two numbers of channels."""
    shape = [int(length) for length in operation.inputs[1].shape]
    if max(shape[:2]) > _MAX_KERNEL:
        raise ModelError(
            f"its convolution {operation.name[:200]!r} has a kernel of {shape[0]}×{shape[1]} pixels, more than the "
            f"{_MAX_KERNEL} allowed a side (some taller ones crash TensorFlow); use a smaller or a dilated one"
        )
    return shape


def _depthwise(operation: Any) -> int:
    height, width, *_ = _kernel(operation)
    if operation.outputs[0].dtype.name == "bfloat16" and max(height, width) > _MAX_BFLOAT16:
        raise ModelError(
            f"its convolution {operation.name[:200]!r} has a kernel of {height}×{width} pixels in bfloat16, more than "
            f"the {_MAX_BFLOAT16} allowed a side, from some of which TensorFlow never returns; save it in float32"
        )
    return _windows(operation, height, width)


def _pooling(operation: Any) -> int:
    window, step = (list(map(int, operation.get_attr(name))) for name in ("ksize", "strides"))
    if max(window) > _MAX_KERNEL and window != step:
        raise ModelError(
            f"its pooling {operation.name[:200]!r} has windows of {max(window)} pixels that overlap, more than the "
            f"{_MAX_KERNEL} allowed; use smaller ones, or strides as large"
        )
    return _windows(operation, *window)


def _windows(operation: Any, *lengths: int) -> int:
    """Each channel by itself."""
    output = operation.outputs[0]
    if output.dtype.name in _FAST:
        return _count(output) * math.prod(lengths) * _LANES // min(_LANES, int(output.shape[_channel_axis(operation)]))
    return _count(output) * math.prod(lengths) * _SLOW_WINDOWS.get(output.dtype.name, _LANES)


def _channel_axis(operation: Any) -> int:
    return 1 if operation.get_attr("data_format") == b"NCHW" else -1


def _product(operation: Any) -> int:
    """A product of matrices."""
    transposed = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
    return _count(operation.outputs[0]) * int(operation.inputs[0].shape[-2 if transposed else -1])


def _sorting(operation: Any) -> int:
    shape = operation.inputs[0].shape
    return _SORTED * _count(operation.inputs[0]) * int(shape[-1] or 1).bit_length()


def _interpolation(operation: Any) -> int:
    """A resize, row by row and then column by column; where it reduces an image, each pixel is read as often."""
    source, target = (list(map(int, tensor.shape)) for tensor in (operation.inputs[0], operation.outputs[0]))
    return _TAPS[operation.type] * target[0] * max(source[1], target[1]) * max(source[2], target[2]) * target[3]


_WORK: Mapping[str, Callable[[Any], int]] = {
    "AvgPool": _pooling,
    "BatchMatMulV2": _product,
    "Conv2D": _convolution,
    "Conv2DBackpropInput": _transposed,
    "DepthwiseConv2dNative": _depthwise,
    "MatMul": _product,
    "MaxPool": _pooling,
    "ResizeArea": _interpolation,
    "ResizeBicubic": _interpolation,
    "ScaleAndTranslate": _interpolation,
    "TopKV2": _sorting,
}
