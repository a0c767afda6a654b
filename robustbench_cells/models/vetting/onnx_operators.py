"""Operators that an ONNX graph may have: those of networks, whose result and its size follow from their inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

STANDARD, MICROSOFT = "", "com.microsoft"
UNSIZED = frozenset({"NonZero"})  # operators whose size depends on values: allowed on known ones
LOOP_OPERATORS = {"Loop", "Scan", "SequenceMap"}  # segmentation networks need none, and they may never terminate
BRANCH = "If"

# No text, sequence or optional value, no random number, and nothing whose size depends on the values of an image.
_OPERATORS = """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization BitShift
    BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu CenterCropPad Clip Concat Constant
    ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div Dropout
    DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu
    Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HardSigmoid
    HardSwish Hardmax Identity If InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less
    LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxUnpool Mean
    MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul
    QuantizeLinear RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
    ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize RotaryEmbedding Round Scatter
    ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth
    Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Upsample Where Xor
"""
OPERATORS = frozenset(_OPERATORS.split())

# Arithmetic of shapes: computed here where its inputs are known, since other operators take sizes from it.
_EVALUATED = """
    Abs Add And Cast Ceil Clip Concat Constant ConstantOfShape CumSum Div Equal Expand Flatten Floor Gather
    GatherElements GatherND Greater GreaterOrEqual Identity Less LessOrEqual Max Min Mod Mul Neg NonZero Not OneHot Or
    Pad Range Reciprocal ReduceMax ReduceMin ReduceProd ReduceSum Reshape Round ScatterElements ScatterND Sign Slice
    Split Sqrt Squeeze Sub Tile Transpose Unsqueeze Where
"""
EVALUATED = frozenset(_EVALUATED.split())


@dataclass(frozen=True)
class Counterpart:
    """The standard operator with the sizes of one of onnxruntime's own.

    Attributes
    ----------
    operator
        Its name.
    inputs
        Which of the node's inputs it takes.
    is_float
        Whether it gives float32 for any input, rather than the type of the first.
    attributes
        Attributes that it takes over.
    """

    operator: str
    inputs: slice
    is_float: bool = False
    attributes: frozenset[str] = frozenset()


_POOLING = frozenset(
    {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "storage_order", "strides"}
)
_CONVOLUTION = frozenset({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"})

# Of graphs that onnxruntime has quantised or optimised.
COUNTERPARTS = {
    "DequantizeLinear": Counterpart("Identity", slice(1), is_float=True),
    "DynamicQuantizeMatMul": Counterpart("MatMul", slice(2), is_float=True),
    "FastGelu": Counterpart("Identity", slice(1)),
    "FusedConv": Counterpart("Conv", slice(3), attributes=_CONVOLUTION),
    "FusedGemm": Counterpart("Gemm", slice(3), attributes=frozenset({"transA", "transB"})),
    "Gelu": Counterpart("Identity", slice(1)),
    "MatMulIntegerToFloat": Counterpart("MatMul", slice(2), is_float=True),
    "QGemm": Counterpart("Gemm", slice(0, 4, 3), attributes=frozenset({"transA", "transB"})),
    "QLinearAdd": Counterpart("Add", slice(0, 4, 3)),
    "QLinearAveragePool": Counterpart("AveragePool", slice(1), attributes=_POOLING),
    "QLinearConcat": Counterpart("Concat", slice(2, None, 3), attributes=frozenset({"axis"})),
    "QLinearGlobalAveragePool": Counterpart("GlobalAveragePool", slice(1)),
    "QLinearLeakyRelu": Counterpart("Identity", slice(1)),
    "QLinearMul": Counterpart("Mul", slice(0, 4, 3)),
    "QLinearSigmoid": Counterpart("Identity", slice(1)),
    "QLinearSoftmax": Counterpart("Identity", slice(1)),
    "QuantizeLinear": Counterpart("Identity", slice(1)),
    "QuickGelu": Counterpart("Identity", slice(1)),
}

_POOLS = {"AveragePool", "LpPool", "MaxPool", "QLinearAveragePool"}
_SUMS_OF_WEIGHTS = {"Conv": 1, "ConvInteger": 1, "FusedConv": 1, "QLinearConv": 3}  # place of the weights
_MATRIX_PRODUCTS = {"FusedGemm", "Gemm", "MatMul", "MatMulInteger", "MatMulIntegerToFloat", "QGemm", "QLinearMatMul"}

Shape = Sequence[int]


def count_products(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    """Estimate the multiplications of sums of products, which processors do by the dozen at a time."""
    kind = node.op_type
    if kind in _SUMS_OF_WEIGHTS:
        return prod(outputs[0]) * prod(inputs[_SUMS_OF_WEIGHTS[kind]][1:])
    if kind in _MATRIX_PRODUCTS:
        return prod(outputs[0]) * max(inputs[0][-2:], default=1)
    return _PRODUCTS[kind](node, inputs) if kind in _PRODUCTS else 0


def count_steps(node: Any, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
    """Estimate the steps of what is done value by value."""
    values = sum(map(prod, inputs)) + sum(map(prod, outputs))
    attributes = {attribute.name: attribute for attribute in node.attribute}
    if node.op_type in _POOLS and "kernel_shape" in attributes:
        return values + prod(outputs[0]) * prod(attributes["kernel_shape"].ints)
    if node.op_type == "LRN" and "size" in attributes:
        return values + prod(outputs[0]) * attributes["size"].i
    return values


def _einsum_products(node: Any, inputs: Sequence[Shape]) -> int:
    """The product of the lengths of all its indices."""
    equation = next((attribute.s.decode() for attribute in node.attribute if attribute.name == "equation"), "")
    lengths: dict[str, int] = {}
    for letters, shape in zip(equation.partition("->")[0].replace(" ", "").split(","), inputs, strict=False):
        if "..." in letters:
            return prod(map(prod, inputs))
        lengths |= dict(zip(letters, shape, strict=False))
    return prod(lengths.values())


def _recurrent_products(_: Any, inputs: Sequence[Shape]) -> int:
    """For each step of a sequence, all weights."""
    return prod(inputs[0][:2]) * (prod(inputs[1]) + prod(inputs[2]))


def _attention_products(_: Any, inputs: Sequence[Shape]) -> int:
    """Queries by keys, and the result by values."""
    return 2 * prod(inputs[0]) * (inputs[1][-2] if len(inputs) > 1 else inputs[0][-2])


_PRODUCTS: dict[str, Callable[[Any, Sequence[Shape]], int]] = {
    "Attention": _attention_products,
    "ConvTranspose": lambda _, inputs: prod(inputs[0]) * prod(inputs[1][1:]),
    "DynamicQuantizeMatMul": lambda _, inputs: prod(inputs[0]) * inputs[1][-1],
    "Einsum": _einsum_products,
    "GRU": _recurrent_products,
    "LSTM": _recurrent_products,
    "RNN": _recurrent_products,
}
