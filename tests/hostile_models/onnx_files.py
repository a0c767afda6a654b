"""Hostile ONNX graphs: arrays of texts, sizes out of values, nodes out of functions, bytes that become gigabytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.support.networks import convolution, onnx_graph
from tests.support.onnx_networks import node, tensor, weights

Nodes = list[Any]


def ending(name: str) -> Nodes:
    """Nodes that make one number of an array and add it to the image."""
    return [
        node("Cast", [name], ["number"], to=TensorProto.FLOAT),
        node("ReduceMax", ["number"], ["most"], keepdims=0),
        node("Add", ["x", "most"], ["y"]),
    ]


def graph_of(nodes: Nodes, *tensors: Any, gives: str = "bomb") -> Any:
    return onnx_graph([*nodes, *ending(gives)], list(tensors))


def doublings(first: Any, times: int, kind: str = "Concat") -> Any:
    """An array appended to itself again and again."""
    nodes = [first]
    for number in range(times):
        before = first.output[0] if number == 0 else f"d{number - 1}"
        given = [before, before] if kind == "Concat" else [before, "two"]
        nodes.append(node(kind, given, [f"d{number}"], **({"axis": 0} if kind == "Concat" else {})))
    return graph_of([*nodes, node("Size", [f"d{times - 1}"], ["bomb"])], tensor("two", [2]))


def of_text() -> Any:
    return node("Constant", [], ["text"], value_strings=["a" * 32])


def nested_functions(depth: int, calls: int, *, recursive: bool = False) -> Any:
    """Functions of a few bytes that each call the next several times."""
    functions = []
    for level in range(depth):
        inner = f"f{level + 1}" if level + 1 < depth else "f0" if recursive else ""
        names = ["x", *(f"v{number}" for number in range(calls - 1)), "y"]
        body = [
            node(inner or "Relu", [names[number]], [names[number + 1]], domain="local" if inner else "")
            for number in range(calls)
        ]
        imports = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
        functions.append(helper.make_function("local", f"f{level}", ["x"], ["y"], body, imports))
    graph = onnx_graph([node("f0", ["x"], ["y"], domain="local")])
    graph.opset_import.append(helper.make_opsetid("local", 1))
    graph.functions.extend(functions)
    return graph


def functions_within_a_branch() -> Any:
    graph = nested_functions(24, 2)
    given = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    body = helper.make_graph([node("f0", ["x"], ["z"], domain="local")], "body", [], [given])
    graph.graph.node[0].CopyFrom(node("If", ["yes"], ["y"], then_branch=body, else_branch=body))
    graph.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    return graph


def function_with_a_large_constant() -> Any:
    """A megabyte that each of 5000 calls would copy."""
    graph = nested_functions(2, 5000)
    constant = node("Constant", [], ["c"], value=weights("c", 2**18))
    del graph.functions[1].node[:]
    graph.functions[1].node.extend([constant, node("Add", ["x", "c"], ["y"])])
    return graph


def chain(kind: str, length: int, **attributes: Any) -> Any:
    names = ["x", *map(str, range(length - 1)), "y"]
    return onnx_graph([node(kind, [names[i]], [names[i + 1]], **attributes) for i in range(length)])


def nested_branches(depth: int) -> Any:
    given = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    body = helper.make_graph([node("Identity", ["x"], ["z"])], "body", [], [given])
    for _ in range(depth):
        body = helper.make_graph([node("If", ["yes"], ["z"], then_branch=body, else_branch=body)], "body", [], [given])
    nodes = [node("If", ["yes"], ["y"], then_branch=body, else_branch=body)]
    return onnx_graph(nodes, [numpy_helper.from_array(np.array(True), "yes")])


def branches_of_two_shapes() -> Any:
    def body(name: str, axes: list[int]) -> Any:
        given = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        return helper.make_graph([node("ReduceMax", ["x"], [name], axes=axes)], name, [], [given])

    condition = [node("ReduceMax", ["x"], ["m"], keepdims=0), node("Cast", ["m"], ["c"], to=TensorProto.BOOL)]
    branch = node("If", ["c"], ["bomb"], then_branch=body("a", [1]), else_branch=body("b", [1, 2]))
    return graph_of([*condition, branch])


def sized(kind: str, *given: str, tensors: tuple[Any, ...] = (), **attributes: Any) -> Callable[[], Any]:
    """One operator with an outsized result."""
    return lambda: graph_of([node(kind, list(given), ["bomb"], **attributes)], *tensors)


def ending_in(kind: str, domain: str = "", **attributes: Any) -> Callable[[], Any]:
    """One operator that no network has, of the image."""
    return lambda: graph_of([node(kind, ["x"], ["bomb"], domain=domain, **attributes)])


def text_input() -> Any:
    graph = onnx_graph([node("StringNormalizer", ["x"], ["y"])])
    graph.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING
    return graph


def sequence_input() -> Any:
    graph = onnx_graph([node("SequenceLength", ["x"], ["y"])])
    graph.graph.input[0].type.CopyFrom(helper.make_sequence_type_proto(graph.graph.input[0].type))
    return graph


def optional_output() -> Any:
    graph = onnx_graph([node("Optional", ["x"], ["y"])])
    graph.graph.output[0].type.CopyFrom(helper.make_optional_type_proto(graph.graph.input[0].type))
    return graph


def sparse_tensor() -> Any:
    graph = onnx_graph([node("ReduceMax", ["s"], ["m"], keepdims=0), node("Add", ["x", "m"], ["y"])])
    values, places = tensor("s", [1.0]), tensor("", [0])
    graph.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [2**31]))
    return graph


def sparse_constant() -> Any:
    values = helper.make_sparse_tensor(tensor("s", [1.0]), tensor("", [0]), [2**31])
    return graph_of([node("Constant", [], ["bomb"], sparse_value=values)])


def unfilled_tensor() -> Any:
    empty = tensor("bomb", [1.0])
    empty.raw_data = b""
    empty.dims[:] = [2**33]
    return graph_of([], empty)


def trained_further() -> Any:
    graph = onnx_graph(*convolution())
    graph.training_info.add().algorithm.CopyFrom(graph.graph)
    return graph


def twice_defined() -> Any:
    nodes, tensors = convolution()
    return onnx_graph(nodes, [*tensors, *tensors])


def twice_given() -> Any:
    return onnx_graph([node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])])


def twice_declared() -> Any:
    graph = onnx_graph(*convolution())
    graph.opset_import.append(helper.make_opsetid("ai.onnx", 9))
    return graph


def used_before() -> Any:
    return onnx_graph([node("Relu", ["z"], ["y"]), node("Neg", ["x"], ["z"])])


def newer_operators() -> Any:
    graph = onnx_graph(*convolution())
    graph.opset_import[0].version = 9999
    return graph


def large_batch() -> Any:
    graph = onnx_graph(*convolution())
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 16_000
    return graph


def trained_dropout() -> Any:
    yes = numpy_helper.from_array(np.array(True), "yes")
    return onnx_graph([node("Dropout", ["x", "half", "yes"], ["y"])], [tensor("half", 0.5), yes])


HALF = 2**16  # two of these make 16 GiB of float32
SIZES = [tensor("sizes", [HALF, HALF])]

GRAPHS: dict[str, Callable[[], Any]] = {
    "34 doublings of a text": lambda: doublings(of_text(), 34),
    "34 doublings of a text by Tile": lambda: doublings(of_text(), 34, "Tile"),
    "34 doublings of an image": lambda: doublings(node("Identity", ["x"], ["i"]), 34),
    "34 doublings of a constant": lambda: doublings(node("Constant", [], ["i"], value_floats=[1.0]), 34),
    "a text expanded": sized("Expand", "text", "sizes", tensors=(helper.make_tensor("text", 8, [1], [b"a"]), *SIZES)),
    "an image cast to texts": ending_in("Cast", to=TensorProto.STRING),
    "an image cast like texts": sized("CastLike", "x", "text", tensors=(helper.make_tensor("text", 8, [1], [b"a"]),)),
    "texts as input": text_input,
    "a sequence as input": sequence_input,
    "an optional output": optional_output,
    "StringConcat": lambda: graph_of([of_text(), node("StringConcat", ["text", "text"], ["bomb"])]),
    "RegexFullMatch": lambda: graph_of([of_text(), node("RegexFullMatch", ["text"], ["bomb"], pattern="(a*)*b")]),
    "Range into Unique": lambda: graph_of(
        [node("Range", ["zero", "many", "one"], ["r"]), node("Unique", ["r"], ["bomb"])],
        tensor("zero", 0), tensor("many", 2**28), tensor("one", 1),
    ),
    "Unique of an image": ending_in("Unique"),
    "NonZero of an image": ending_in("NonZero"),
    "Compress": lambda: graph_of([node("Cast", ["x"], ["c"], to=9), node("Compress", ["x", "c"], ["bomb"])]),
    "NonMaxSuppression": sized("NonMaxSuppression", "x", "x"),
    "a size that is a grey level": lambda: graph_of([
        node("ReduceMax", ["x"], ["m"], keepdims=0), node("Cast", ["m"], ["n"], to=7),
        node("Range", ["zero", "n", "one"], ["bomb"]),
    ], tensor("zero", 0), tensor("one", 1)),
    "a shape of grey levels": lambda: graph_of([
        node("ReduceMax", ["x"], ["m"], axes=[2, 3]), node("Reshape", ["m", "flat"], ["f"]),
        node("Cast", ["f"], ["n"], to=7), node("ConstantOfShape", ["n"], ["bomb"]),
    ], tensor("flat", [-1])),
    "24 nested functions": lambda: nested_functions(24, 2),
    "24 nested functions in a branch": functions_within_a_branch,
    "a function that calls itself": lambda: nested_functions(3, 1, recursive=True),
    "a function with a large constant": function_with_a_large_constant,
    "300,000 nodes in a chain": lambda: chain("Relu", 300_000),
    "300,000 nodes without effect": lambda: chain("Identity", 300_000),
    "branches in branches": lambda: nested_branches(14),
    "branches of two shapes": branches_of_two_shapes,
    "Scan": ending_in("Scan"),
    "SequenceMap": ending_in("SequenceMap"),
    "SequenceConstruct": ending_in("SequenceConstruct"),
    "SequenceEmpty": lambda: graph_of([node("SequenceEmpty", [], ["s"]), node("SequenceLength", ["s"], ["bomb"])]),
    "SplitToSequence": ending_in("SplitToSequence"),
    "RandomNormal": lambda: graph_of([node("RandomNormal", [], ["bomb"], shape=[2, 2])]),
    "RandomNormalLike": ending_in("RandomNormalLike"),
    "RandomUniformLike": ending_in("RandomUniformLike"),
    "Bernoulli": ending_in("Bernoulli"),
    "Multinomial": ending_in("Multinomial"),
    "Dropout in training": trained_dropout,
    "ImageDecoder": ending_in("ImageDecoder"),
    "TfIdfVectorizer": ending_in("TfIdfVectorizer", mode="TF"),
    "an unknown set of operators": ending_in("Relu", domain="com.example"),
    "an operator for other tasks": ending_in("LabelEncoder", domain="ai.onnx.ml"),
    "an operator for texts": ending_in("Tokenizer", domain="com.microsoft"),
    "Expand": sized("Expand", "x", "four", tensors=(tensor("four", [1, 1, HALF, 1, 1]),)),
    "Tile": sized("Tile", "x", "four", tensors=(tensor("four", [1, 1, 2**8, 2**8]),)),
    "ConstantOfShape": sized("ConstantOfShape", "sizes", tensors=tuple(SIZES)),
    "Range": sized("Range", "a", "b", "c", tensors=(tensor("a", 0), tensor("b", 2**32), tensor("c", 1))),
    "Resize": sized("Resize", "x", "", "", "four", tensors=(tensor("four", [1, 1, HALF, HALF]),)),
    "Resize by factors": sized("Resize", "x", "", "four", tensors=(tensor("four", [1.0, 1.0, 256.0, 256.0]),)),
    "Pad": sized("Pad", "x", "eight", tensors=(tensor("eight", [0, 0, 0, 0, 0, 0, HALF, HALF]),)),
    "OneHot": lambda: graph_of(
        [node("Cast", ["x"], ["i"], to=7), node("OneHot", ["i", "many", "two"], ["bomb"])],
        tensor("many", 2**20), tensor("two", [0.0, 1.0]),
    ),
    "Gather of many": lambda: graph_of(
        [node("Expand", ["one", "sizes"], ["i"]), node("Gather", ["x", "i"], ["bomb"], axis=3)],
        tensor("one", 0), tensor("sizes", [2**20]),
    ),
    "EyeLike": lambda: graph_of([node("Expand", ["one", "s"], ["e"]), node("EyeLike", ["e"], ["bomb"], dtype=11)],
                                tensor("one", 0), *[tensor("s", [HALF, HALF])]),
    "an outer product": lambda: graph_of(
        [node("MatMul", ["a", "b"], ["bomb"])], weights("a", HALF, 1), weights("b", 1, HALF)),
    "an outer sum": lambda: graph_of([node("Add", ["a", "b"], ["bomb"])], weights("a", HALF, 1), weights("b", 1, HALF)),
    "an outer product by Einsum": lambda: graph_of(
        [node("Einsum", ["a", "b"], ["bomb"], equation="i,j->ij")], weights("a", HALF), weights("b", HALF)),
    "a convolution with a wide border": lambda: graph_of(
        [node("Conv", ["x", "k"], ["bomb"], pads=[HALF] * 4)], weights("k", 1, 1, 3, 3)),
    "a transposed convolution with wide steps": lambda: graph_of(
        [node("ConvTranspose", ["x", "k"], ["bomb"], strides=[256, 256])], weights("k", 1, 1, 3, 3)),
    "pooling in wide windows": lambda: graph_of(
        [node("MaxPool", ["x"], ["bomb"], kernel_shape=[511, 511], pads=[255] * 4)]),
    "many constants": lambda: graph_of([
        *(node("ConstantOfShape", ["sizes"], [f"c{i}"]) for i in range(40)),
        node("Sum", [f"c{i}" for i in range(40)], ["bomb"]),
    ], tensor("sizes", [2**12, 2**12])),
    "an array of 3000 axes": sized("ConstantOfShape", "axes", tensors=(tensor("axes", [1] * 3000),)),
    "a sparse tensor": sparse_tensor,
    "a sparse constant": sparse_constant,
    "a tensor without its numbers": unfilled_tensor,
    "training": trained_further,
    "a tensor twice": twice_defined,
    "a result twice": twice_given,
    "operators twice": twice_declared,
    "operators of the future": newer_operators,
    "a result used before": used_before,
    "a batch of 16,000": large_batch,
}  # fmt: skip


def field(number: int, content: bytes) -> bytes:
    """One field of bytes in protobuf."""
    length, size = [], len(content)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content


def nested(levels: int) -> bytes:
    """Types of types of types, as of sequences."""
    content = b""
    for _ in range(levels):
        content = field(4, field(1, content))
    return field(7, field(11, field(1, b"x") + field(2, content)))


FILES: dict[str, bytes] = {
    "empty nodes": field(7, field(1, b"") * 3_000_000),
    "empty attributes": field(7, field(1, field(5, b"") * 3_000_000)),
    "empty names": field(7, field(1, field(1, b"") * 3_000_000)),
    "empty metadata": field(14, b"") * 3_000_000,
    "packed integers": field(7, field(5, field(7, bytes(2**27)))),
    "packed integers of an attribute": field(7, field(1, field(5, field(8, bytes(2**27))))),
    "nested types": nested(60),
    "an endless number": b"\xff" * 100,
    "a group": b"\x0b" * 1000,
}


def save_with_overlaps(folder: Path) -> Path:
    """A megabyte on disk that 500 tensors share."""
    (folder / "w.data").write_bytes(bytes(2**20))
    graph = onnx_graph(*convolution())
    for number in range(500):
        one = graph.graph.initializer.add(name=f"w{number}", data_type=1, dims=[2**18], data_location=1)
        for key, value in {"location": "w.data", "offset": "0", "length": str(2**20)}.items():
            one.external_data.add(key=key, value=value)
    onnx.save_model(graph, folder / "hostile.onnx")
    return folder / "hostile.onnx"
