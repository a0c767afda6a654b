"""ONNX graphs as several libraries write them: segmentation networks from (N, 1, 256, 256) to the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.support.networks import convolution, onnx_graph

Parts = tuple[list[Any], list[Any]]  # nodes and tensors


def tensor(name: str, values: Any) -> Any:
    """Store numbers; integers as int64."""
    array = np.asarray(values)
    return numpy_helper.from_array(array.astype(np.int64 if array.dtype.kind == "i" else np.float32), name)


def weights(name: str, *shape: int) -> Any:
    return tensor(name, np.random.default_rng(0).normal(0, 0.1, shape))


node = helper.make_node


def torch_unet() -> Any:
    """As by torch.onnx with dynamic axes: sizes and paddings are computed from shapes while it runs."""
    nodes = [
        node("Conv", ["x", "down", "bias"], ["a"], pads=[1, 1, 1, 1]),
        node("Reshape", ["a", "groups"], ["a1"]),  # GroupNorm
        node("InstanceNormalization", ["a1", "ones", "zeros"], ["a2"]),
        node("Shape", ["a"], ["a shape"]),
        node("Reshape", ["a2", "a shape"], ["a3"]),
        node("Mul", ["a3", "scale"], ["a4"]),
        node("LeakyRelu", ["a4"], ["a5"], alpha=0.01),
        node("MaxPool", ["a5"], ["b"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Conv", ["b", "middle"], ["c"], pads=[2, 2, 2, 2], dilations=[2, 2]),
        node("BatchNormalization", ["c", "one8", "zero8", "zero8", "one8"], ["c1"]),
        node("ConvTranspose", ["c1", "up"], ["d"], strides=[2, 2]),
        node("Shape", ["d"], ["d shape"]),
        node("Gather", ["a shape", "two"], ["height"], axis=0),
        node("Gather", ["d shape", "two"], ["own"], axis=0),
        node("Sub", ["height", "own"], ["missing"]),
        node("Div", ["missing", "two"], ["half"]),
        node("Unsqueeze", ["half", "first"], ["half1"]),
        node("Concat", ["half1", "half1", "none4", "none2"], ["flat"], axis=0),  # F.pad, as torch exports it
        node("Reshape", ["flat", "pairs"], ["pairs1"]),
        node("Slice", ["pairs1", "last", "minus", "first", "steps"], ["reversed"]),
        node("Transpose", ["reversed"], ["turned"], perm=[1, 0]),
        node("Reshape", ["turned", "flatten"], ["paddings"]),
        node("Cast", ["paddings"], ["paddings1"], to=TensorProto.INT64),
        node("Pad", ["d", "paddings1"], ["d1"], mode="constant"),
        node("Slice", ["a shape", "two1", "four1"], ["sides"]),  # F.interpolate(size=…)
        node("Slice", ["d shape", "zero1", "two1"], ["others"]),
        node("Concat", ["others", "sides"], ["sizes"], axis=0),
        node("Resize", ["d1", "", "", "sizes"], ["d2"], mode="linear", coordinate_transformation_mode="half_pixel"),
        node("Concat", ["a5", "d2"], ["e"], axis=1),
        node("Dropout", ["e"], ["e1"]),
        node("Conv", ["e1", "out"], ["z"]),
        node("Sigmoid", ["z"], ["y"]),
    ]
    tensors = [
        weights("down", 8, 1, 3, 3), weights("bias", 8), weights("middle", 8, 8, 3, 3), weights("up", 8, 8, 2, 2),
        weights("out", 1, 16, 1, 1), tensor("groups", [0, 2, -1]), tensor("ones", [1.0, 1.0]),
        tensor("zeros", [0.0, 0.0]), tensor("scale", np.ones((8, 1, 1))), tensor("one8", np.ones(8)),
        tensor("zero8", np.zeros(8)), tensor("two", 2), tensor("first", [0]), tensor("none4", [0, 0]),
        tensor("none2", [0, 0, 0, 0]), tensor("pairs", [-1, 2]), tensor("last", [-1]), tensor("minus", [-(2**63 - 1)]),
        tensor("steps", [-1]), tensor("flatten", [-1]), tensor("two1", [2]), tensor("four1", [4]),
        tensor("zero1", [0]),
    ]  # fmt: skip
    return onnx_graph(nodes, tensors)


def transformer() -> Any:
    """Patches of 16×16 pixels as tokens, one block of attention, and a class token that is expanded to the batch."""
    width, tokens = 16, 256
    nodes = [
        node("Conv", ["x", "embed"], ["a"], strides=[16, 16]),
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "zero"], ["batch"], axis=0),
        node("Unsqueeze", ["batch", "first"], ["batch1"]),
        node("Concat", ["batch1", "minus", "minus"], ["target"], axis=0),  # cls.expand(batch, -1, -1)
        node("Reshape", ["target", "minus"], ["target1"]),
        node("Shape", ["target1"], ["rank"]),
        node("ConstantOfShape", ["rank"], ["ones"], value=helper.make_tensor("one", TensorProto.INT64, [1], [1])),
        node("Mul", ["ones", "less"], ["negative"]),
        node("Equal", ["target1", "negative"], ["is free"]),
        node("Where", ["is free", "ones", "target1"], ["lengths"]),
        node("Expand", ["token", "lengths"], ["class"]),
        node("Reshape", ["a", "to tokens"], ["b"]),
        node("Transpose", ["b"], ["b1"], perm=[0, 2, 1]),
        node("Concat", ["class", "b1"], ["c"], axis=1),
        node("Add", ["c", "positions"], ["c1"]),
        node("LayerNormalization", ["c1", "gain", "shift"], ["c2"], axis=-1),
        node("MatMul", ["c2", "to qkv"], ["qkv"]),
        node("Split", ["qkv"], ["q", "k", "v"], axis=-1),
        node("Transpose", ["k"], ["k1"], perm=[0, 2, 1]),
        node("MatMul", ["q", "k1"], ["d"]),
        node("Softmax", ["d"], ["d1"], axis=-1),
        node("Einsum", ["d1", "v"], ["d2"], equation="bij,bjk->bik"),
        node("Add", ["c1", "d2"], ["e"]),
        node("Slice", ["e", "one1", "end", "one1"], ["e1"]),
        node("MatMul", ["e1", "to pixels"], ["f"]),
        node("Reshape", ["f", "grid"], ["f1"]),
        node("Transpose", ["f1"], ["f2"], perm=[0, 3, 1, 2]),
        node("DepthToSpace", ["f2"], ["g"], blocksize=16),
        node("Sigmoid", ["g"], ["y"]),
    ]
    tensors = [
        weights("embed", width, 1, 16, 16), tensor("zero", 0), tensor("first", [0]), tensor("minus", [-1]),
        tensor("less", -1), weights("token", 1, 1, width), tensor("to tokens", [0, 0, -1]),
        weights("positions", 1, tokens + 1, width), weights("gain", width), weights("shift", width),
        weights("to qkv", width, 3 * width), tensor("one1", [1]), tensor("end", [2**63 - 1]),
        weights("to pixels", width, 256), tensor("grid", [-1, 16, 16, 256]),
    ]  # fmt: skip
    return onnx_graph(nodes, tensors)


def with_functions() -> Any:
    """As by torch's exporter of 2023: blocks as local functions, called from functions."""
    block = helper.make_function(
        "pkg.torch", "block", ["x", "w"], ["y"],
        [node("Conv", ["x", "w"], ["z"], pads=[1, 1, 1, 1]), node("Relu", ["z"], ["y"])],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    twice = helper.make_function(
        "pkg.torch", "twice", ["x", "w"], ["y"],
        [node("block", [given, "w"], [gives], domain="pkg.torch") for given, gives in ("xz", "zy")],
        [helper.make_opsetid("", 17), helper.make_opsetid("pkg.torch", 1)],
    )  # fmt: skip
    nodes = [node("twice", ["x", "w"], ["a"], domain="pkg.torch"), node("twice", ["a", "w"], ["y"], domain="pkg.torch")]
    graph = onnx_graph(nodes, [weights("w", 1, 1, 3, 3)])
    graph.opset_import.append(helper.make_opsetid("pkg.torch", 1))
    graph.functions.extend([block, twice])
    return graph


def with_branches() -> Any:
    """A condition that is known from shapes, as by ``squeeze``, and one that depends on the image."""

    def body(name: str, operator: str) -> Any:
        given = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        return helper.make_graph([node(operator, ["a"], [name])], name, [], [given])

    nodes = [
        node("Conv", ["x", "kernel"], ["a"], pads=[2, 2, 2, 2]),
        node("Shape", ["a"], ["shape"]),
        node("Gather", ["shape", "one"], ["channels"]),
        node("Equal", ["channels", "one"], ["is one"]),
        node("If", ["is one"], ["b"], then_branch=body("b1", "Relu"), else_branch=body("b2", "Neg")),
        node("ReduceMax", ["x"], ["most"], keepdims=0),
        node("Cast", ["most"], ["is lit"], to=TensorProto.BOOL),
        node("If", ["is lit"], ["c"], then_branch=body("c1", "Abs"), else_branch=body("c2", "Identity")),
        node("Add", ["b", "c"], ["d"]),
        node("Sigmoid", ["d"], ["y"]),
    ]
    return onnx_graph(nodes, [*convolution()[1], tensor("one", 1)])


def plain() -> Any:
    """Two convolutions, half the size and back."""
    nodes = [
        node("Conv", ["x", "first"], ["a"], pads=[1, 1, 1, 1]),
        node("Relu", ["a"], ["a1"]),
        node("MaxPool", ["a1"], ["b"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Resize", ["b", "", "scales"], ["c"], mode="nearest"),
        node("Conv", ["c", "second"], ["z"], pads=[1, 1, 1, 1]),
        node("Sigmoid", ["z"], ["y"]),
    ]
    tensors = [weights("first", 8, 1, 3, 3), weights("second", 1, 8, 3, 3), tensor("scales", [1.0, 1.0, 2.0, 2.0])]
    return onnx_graph(nodes, tensors)


def quantised(folder: Path, how: str, build: Callable[[], Any] = torch_unet) -> Path:
    """Quantise a network to int8 by onnxruntime: ``QDQ``, ``QOperator`` or ``dynamic``."""
    import onnx
    from onnxruntime import quantization

    class Images(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self.left = 2

        def get_next(self) -> dict[str, Any] | None:
            self.left -= 1
            images = np.random.default_rng(self.left % 2).uniform(0, 255, (1, 1, 256, 256)).astype(np.float32)
            return {"x": images} if self.left >= 0 else None

    source, written = folder / "plain.onnx", folder / f"{how}.onnx"
    onnx.save_model(build(), source)
    if how == "dynamic":
        quantization.quantize_dynamic(source, written, weight_type=quantization.QuantType.QUInt8)
    else:
        quantization.quantize_static(source, written, Images(), quant_format=quantization.QuantFormat[how])
    return written
