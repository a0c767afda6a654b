"""Types, shapes and small values of what one ONNX operator gives, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from robustbench_cells.models.vetting.onnx_operators import (
    COUNTERPARTS,
    EVALUATED,
    MICROSOFT,
    OPERATORS,
    STANDARD,
    UNSIZED,
)

MAX_KNOWN = 4096  # values of an array that is computed here
_MAX_RANK = 16
_OF_SHAPES = {"Shape", "Size"}
_TRAINING_INPUT = 2  # of Dropout


@dataclass(frozen=True)
class Value:
    """What is known of an array in a graph.

    Attributes
    ----------
    kind
        Number of its type in ONNX.
    shape
        Its shape.
    is_constant
        Whether it depends on the values of no input of the graph.
    data
        Its values, where they are known and few.
    """

    kind: int
    shape: tuple[int, ...]
    is_constant: bool = False
    data: npt.NDArray[Any] | None = None

    @property
    def size(self) -> int:
        """Size in bytes."""
        from onnx.helper import tensor_dtype_to_np_dtype

        return prod(self.shape) * int(tensor_dtype_to_np_dtype(self.kind).itemsize)


def value_of(tensor: Any) -> Value:
    """Describe a stored tensor."""
    from onnx.numpy_helper import to_array

    shape = tuple(tensor.dims)
    data = to_array(tensor) if prod(shape) <= MAX_KNOWN else None
    return Value(
        tensor.data_type, shape, is_constant=True, data=data if data is None or data.dtype.kind in "iufb" else None
    )


def infer(node: Any, inputs: Sequence[Value | None], imports: Sequence[Any], ir_version: int) -> list[Value]:
    """Determine what a node gives for inputs, of which None is left out.

    Parameters
    ----------
    node
        `onnx.NodeProto` with no graph in its attributes.
    inputs
        Its inputs.
    imports
        Versions of the sets of operators.
    ir_version
        Version of the file.

    Raises
    ------
    ValueError
        If the operator is not allowed, its inputs do not fit, or a size depends on the values of an image.
    """
    domain = STANDARD if node.domain == "ai.onnx" else node.domain
    allowed = {STANDARD: OPERATORS, MICROSOFT: COUNTERPARTS}.get(domain, ())
    if node.op_type not in allowed:
        of = f" of {domain[:100]!r}" if domain else ""
        raise ValueError(f"is not among those of segmentation networks that are allowed{of}")
    _check_mode(node, inputs)
    version = next((one.version for one in imports if one.domain in (STANDARD, "ai.onnx")), 0)
    if domain == MICROSOFT:
        return _infer_counterpart(node, inputs, version)
    found = _infer_standard(node, inputs, version, ir_version)
    if node.op_type in _OF_SHAPES:
        return [_shape_value(node, inputs[0], found[0])]
    known = [value.data for value in inputs if value is not None]
    if node.op_type not in EVALUATED or any(data is None for data in known):
        if node.op_type in UNSIZED:
            raise ValueError("gives an array whose size depends on the image")
        return found
    if node.op_type not in UNSIZED and any(prod(value.shape) > MAX_KNOWN for value in found):
        return found
    return _evaluate(node, inputs, version, found)


def _shape_value(node: Any, of: Value | None, found: Value) -> Value:
    """The result of ``Shape`` or ``Size``, which depends on no value."""
    lengths = np.array(of.shape if of else (), np.int64)
    if node.op_type == "Size":
        return replace(found, is_constant=True, data=np.array(lengths.prod(), np.int64))
    ends = {attribute.name: attribute.i for attribute in node.attribute}
    return replace(found, is_constant=True, data=lengths[ends.get("start", 0) : ends.get("end")])


def _check_mode(node: Any, inputs: Sequence[Value | None]) -> None:
    """Refuse operators in training, whose results are random or change."""
    if node.op_type == "BatchNormalization" and any(one.name == "training_mode" and one.i for one in node.attribute):
        raise ValueError("is in training mode; export the model for inference")
    training = inputs[_TRAINING_INPUT] if node.op_type == "Dropout" and len(inputs) > _TRAINING_INPUT else None
    if training is not None and (training.data is None or training.data.any()):
        raise ValueError("is in training mode; export the model for inference")


def _infer_standard(node: Any, inputs: Sequence[Value | None], version: int, ir_version: int) -> list[Value]:
    import onnx
    from onnx.shape_inference import infer_node_outputs

    if version > onnx.defs.onnx_opset_version():
        raise ValueError(f"has version {version} of the operators, which onnx {onnx.__version__} does not know")
    try:
        schema = onnx.defs.get_schema(node.op_type, version, STANDARD)
        named = {name: value for name, value in zip(node.input, inputs, strict=True) if value is not None}
        types = {name: onnx.helper.make_tensor_type_proto(one.kind, one.shape) for name, one in named.items()}
        data = {name: onnx.numpy_helper.from_array(one.data) for name, one in named.items() if one.data is not None}
        found = infer_node_outputs(
            schema,
            node,
            types,
            data,
            opset_imports=[onnx.helper.make_opsetid(STANDARD, version)],
            ir_version=ir_version,
        )
    except Exception as error:  # the library raises several kinds, and anything on damaged attributes
        raise ValueError(f"does not fit its inputs ({' '.join(str(error).split())[:200]})") from error
    is_constant = all(value is None or value.is_constant for value in inputs)
    return [_read_type(node, found.get(name), is_constant=is_constant) for name in node.output]


def _read_type(node: Any, kind: Any, *, is_constant: bool) -> Value:
    import onnx

    if (
        kind is None
        or not kind.HasField("tensor_type")
        or kind.tensor_type.elem_type
        in (
            onnx.TensorProto.UNDEFINED,
            onnx.TensorProto.STRING,
        )
    ):
        raise ValueError("gives no array of numbers")
    tensor = kind.tensor_type
    sizes = [axis.dim_value if axis.HasField("dim_value") else -1 for axis in tensor.shape.dim]
    if node.op_type in UNSIZED:
        return Value(tensor.elem_type, (), is_constant=is_constant)
    if not tensor.HasField("shape") or min(sizes, default=0) < 0:
        raise ValueError("gives an array whose size depends on the image")
    if len(sizes) > _MAX_RANK:
        raise ValueError(f"gives an array of {len(sizes)} axes, more than the {_MAX_RANK} allowed")
    return Value(tensor.elem_type, tuple(sizes), is_constant=is_constant)


def _infer_counterpart(node: Any, inputs: Sequence[Value | None], version: int) -> list[Value]:
    """Infer sizes by the standard operator that has the same."""
    import onnx

    like = COUNTERPARTS[node.op_type]
    if any(attribute.name == "channels_last" and attribute.i for attribute in node.attribute):
        raise ValueError("has its channels last, which is not supported")
    chosen = list(inputs)[like.inputs]
    if not chosen or chosen[0] is None:
        raise ValueError("lacks an input")
    floats = [value and Value(onnx.TensorProto.FLOAT, value.shape, value.is_constant) for value in chosen]
    standard = onnx.helper.make_node(like.operator, list(node.input)[like.inputs], list(node.output))
    standard.attribute.extend(one for one in node.attribute if one.name in like.attributes)
    kind = onnx.TensorProto.FLOAT if like.is_float else chosen[0].kind
    found = _infer_standard(standard, floats, version, onnx.IR_VERSION)
    return [Value(kind, value.shape, value.is_constant) for value in found]


def _evaluate(node: Any, inputs: Sequence[Value | None], version: int, found: list[Value]) -> list[Value]:
    """Compute a node's few values."""
    from onnx.helper import np_dtype_to_tensor_dtype
    from onnx.reference import ReferenceEvaluator

    given = {name: value.data for name, value in zip(node.input, inputs, strict=True) if value is not None}
    names = [name for name in node.output if name]
    try:
        with np.errstate(all="ignore"):
            arrays = ReferenceEvaluator(node, opsets={STANDARD: version}).run(names, given)
    except Exception as error:  # the library raises anything
        raise ValueError(f"cannot be computed ({' '.join(str(error).split())[:200]})") from error
    computed = dict(zip(names, map(np.asarray, arrays), strict=True))
    return [
        Value(np_dtype_to_tensor_dtype(array.dtype), array.shape, value.is_constant, array)
        if (array := computed.get(name)) is not None
        else value
        for name, value in zip(node.output, found, strict=True)
    ]
