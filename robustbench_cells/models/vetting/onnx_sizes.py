"""Sizes of all that an ONNX graph computes for a batch of patches, determined without computing it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.vetting.onnx_inference import Value, infer, value_of
from robustbench_cells.models.vetting.onnx_operators import BRANCH, count_products, count_steps

_MAX_OUTPUT = 2 * 2**30  # bytes of one array for a batch
_MAX_TOTAL = 128 * 2**30  # bytes of all arrays for a batch; most are soon freed
_MAX_CONSTANTS = 2**30  # bytes computed from weights alone, which onnxruntime does on loading, and keeps
_MAX_PRODUCTS = 3 * 10**13  # for a batch
_MAX_STEPS = 10**11  # for a batch
_MAX_INPUTS = 1000  # of an operator
_MAX_NAME = 100  # characters of a name in a message

Scope = ChainMap[str, Value]


def input_shapes(graph: Any) -> dict[str, tuple[int | None, ...]]:
    """Read the shapes of a graph's inputs, None for a length that may vary; weights are no inputs."""
    weights = {tensor.name for tensor in graph.graph.initializer}
    return {
        value.name: tuple(axis.dim_value if axis.dim_value > 0 else None for axis in value.type.tensor_type.shape.dim)
        for value in graph.graph.input
        if value.name not in weights
    }


def check_sizes(path: Path, graph: Any, lengths: Sequence[int]) -> None:
    """Check the operators of a graph, and how much they compute and keep.

    Parameters
    ----------
    path
        For messages.
    graph
        `onnx.ModelProto` without local functions, its external tensors loaded.
    lengths
        Lengths by axis of what varies in the shape of an input.

    Raises
    ------
    ModelError
        If an operator is not allowed or does not fit its inputs, the size of an array depends on an image, or there is
        too much to keep or to compute.
    """
    walk_through(path, graph, lengths)


def walk_through(path: Path, graph: Any, lengths: Sequence[int]) -> Scope:
    """Check a graph as `check_sizes` does; returns what is known of all its arrays, by name."""
    walk = _Walk(path, graph)
    for name, shape in input_shapes(graph).items():
        assumed = [*lengths[: len(shape)], *[max(lengths)] * (len(shape) - len(lengths))]
        kinds = {value.name: value.type.tensor_type.elem_type for value in graph.graph.input}
        known = tuple(length or free for length, free in zip(shape, assumed, strict=True))
        walk.define(walk.scope, name, Value(kinds[name], known), "its input")
    walk.visit(graph.graph, walk.scope)
    return walk.scope


class _Walk:
    """A walk through a graph in the order of its nodes, with the sums so far."""

    def __init__(self, path: Path, graph: Any) -> None:
        self.scope: Scope = ChainMap()
        self._path = path
        self._imports = list(graph.opset_import)
        self._ir_version = graph.ir_version
        self._total = self._constants = self._products = self._steps = 0
        domains = ["" if one.domain == "ai.onnx" else one.domain for one in self._imports]
        if len(set(domains)) < len(domains):
            raise ModelError(f"{path}: declares two versions of one set of operators; export it again")

    def visit(self, graph: Any, scope: Scope) -> list[Value]:
        """Check the nodes of a graph or branch; returns what it gives."""
        for tensor in graph.initializer:
            self.define(scope, tensor.name, value_of(tensor), "its tensor")
        for node in graph.node:
            operator = f"its operator {node.op_type[:_MAX_NAME]!r}"
            inputs = [self._look_up(scope, name) if name else None for name in node.input]
            if len(inputs) + len(node.output) > _MAX_INPUTS:
                raise self._refusal(operator, f"has more than the {_MAX_INPUTS} inputs and outputs allowed")
            found = self._outputs(node, operator, inputs, scope)
            for name, value in zip(node.output, found, strict=True):
                if name:
                    self.define(scope, name, value, operator)
            self._count(node, operator, inputs, found)
        return [self._look_up(scope, value.name) for value in graph.output]

    def define(self, scope: Scope, name: str, value: Value, what: str) -> None:
        """Add an array to those that later nodes may take, within the limit of all."""
        if name in scope:
            raise self._refusal(f"the name {name[:_MAX_NAME]!r}", "is given twice")
        if value.size > _MAX_OUTPUT:
            shape = ", ".join(map(str, value.shape))
            raise self._refusal(what, f"outputs ({shape}) for a batch, more than the {_MAX_OUTPUT} bytes allowed")
        self._total += value.size
        if self._total > _MAX_TOTAL:
            raise self._refusal("the graph", f"outputs more than the {_MAX_TOTAL} bytes allowed for a batch")
        scope[name] = value

    def _outputs(self, node: Any, operator: str, inputs: Sequence[Value | None], scope: Scope) -> list[Value]:
        if len({attribute.name for attribute in node.attribute}) < len(node.attribute):
            raise self._refusal(operator, "has two attributes of one name")
        if node.op_type == BRANCH and not node.domain:
            return self._branch(node, operator, inputs, scope)
        if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
            raise self._refusal(operator, "has a graph within")
        try:
            return infer(node, inputs, self._imports, self._ir_version)
        except ValueError as error:
            raise self._refusal(operator, str(error)) from error

    def _branch(self, node: Any, operator: str, inputs: Sequence[Value | None], scope: Scope) -> list[Value]:
        """Check both branches; their results are alike, unless it is known which is taken."""
        bodies = {attribute.name: attribute.g for attribute in node.attribute}
        if set(bodies) != {"then_branch", "else_branch"} or len(inputs) != 1 or inputs[0] is None:
            raise self._refusal(operator, "lacks a branch")
        given = {name: self.visit(body, scope.new_child()) for name, body in bodies.items()}
        if inputs[0].data is not None:
            chosen = given["then_branch" if np.all(inputs[0].data) else "else_branch"]
        else:
            first, second = given.values()
            if [(one.kind, one.shape) for one in first] != [(one.kind, one.shape) for one in second]:
                raise self._refusal(operator, "gives an array whose size depends on the image")
            chosen = [Value(one.kind, one.shape) for one in first]
        if len(chosen) != len(node.output):
            raise self._refusal(operator, "has other outputs than its branches")
        return chosen

    def _count(self, node: Any, operator: str, inputs: Sequence[Value | None], found: Sequence[Value]) -> None:
        shapes = [value.shape if value else () for value in inputs]
        outputs = [value.shape for value in found]
        self._products += count_products(node, shapes, outputs)
        self._steps += count_steps(node, shapes, outputs)
        if self._products > _MAX_PRODUCTS or self._steps > _MAX_STEPS:
            limits = f"{_MAX_PRODUCTS:.0e} products and {_MAX_STEPS:.0e} other steps"
            raise self._refusal(operator, f"makes more steps in all than allowed for a batch ({limits})")
        self._constants += sum(value.size for value in found if value.is_constant)
        if self._constants > _MAX_CONSTANTS:
            raise self._refusal(operator, f"computes more than the {_MAX_CONSTANTS} bytes allowed from weights alone")

    def _look_up(self, scope: Scope, name: str) -> Value:
        if name not in scope:
            raise self._refusal(f"the name {name[:_MAX_NAME]!r}", "is used before an operator gives it")
        return scope[name]

    def _refusal(self, what: str, why: str) -> ModelError:
        return ModelError(f"{self._path}: has a graph that is refused: {what} {why}")
