"""Local functions of an ONNX graph: counted as often as they are called, then replaced by their nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError

MAX_NODES = 10_000  # with functions unfolded
_MAX_GROWTH = 2**26  # bytes that unfolding may add
_MAX_ATTRIBUTE = 2**12  # bytes of an attribute of a function

Name = tuple[str, str, str]  # domain, name, overload


@dataclass(frozen=True)
class _Extent:
    """Nodes and bytes with all calls unfolded."""

    nodes: int
    size: int


def unfold_functions(path: Path, graph: Any) -> Any:
    """Replace the calls of local functions by their nodes.

    Parameters
    ----------
    path
        For messages.
    graph
        `onnx.ModelProto`.

    Raises
    ------
    ModelError
        If there are more nodes than allowed, once functions are unfolded, or a function calls itself.
    """
    functions = {_name(function): function for function in graph.functions}
    if len(functions) < len(graph.functions):
        raise ModelError(f"{path}: has two functions of one name; such a model is refused")
    extents: dict[Name, _Extent] = {}
    for name in _in_order(path, functions):
        extents[name] = _extent(path, functions[name].node, extents)
        _check_attributes(path, functions[name].attribute_proto)
    whole = _extent(path, graph.graph.node, extents)
    _check_nodes(path, whole.nodes)
    if not functions:
        return graph
    if whole.size > graph.ByteSize() + _MAX_GROWTH:
        raise ModelError(f"{path}: has {whole.size} bytes once its functions are unfolded, more than allowed")
    from onnx.inliner import inline_local_functions

    try:
        unfolded = inline_local_functions(graph)
    except Exception as error:  # the library raises anything on a damaged graph
        raise ModelError(f"{path}: its functions cannot be unfolded ({error}); export it again") from error
    _check_nodes(path, sum(1 for _ in iter_nodes(unfolded.graph.node)))  # a graph may be an attribute of a call
    return unfolded


def _check_nodes(path: Path, nodes: int) -> None:
    if nodes > MAX_NODES:
        raise ModelError(f"{path}: has {nodes:,} nodes, more than the {MAX_NODES:,} allowed")


def iter_nodes(nodes: Any) -> Iterator[Any]:
    """Iterate over nodes and those of the graphs in their attributes."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.HasField("g") else attribute.graphs:
                stack.extend(inner.node)


def _name(node: Any) -> Name:
    return node.domain, node.name, node.overload


def _called(node: Any) -> Name:
    return node.domain, node.op_type, node.overload


def _in_order(path: Path, functions: dict[Name, Any]) -> list[Name]:
    """The names of functions, each after those that it calls."""
    calls = {
        name: {_called(node) for node in iter_nodes(function.node)} & functions.keys()
        for name, function in functions.items()
    }
    try:
        return list(TopologicalSorter(calls).static_order())
    except CycleError as error:
        raise ModelError(f"{path}: has a function that calls itself; such a model is refused") from error


def _extent(path: Path, nodes: Any, extents: dict[Name, _Extent]) -> _Extent:
    count = size = 0
    calls: Counter[Name] = Counter()
    for node in iter_nodes(nodes):
        if _called(node) not in extents:
            count += 1
            continue
        calls[_called(node)] += 1
        _check_attributes(path, node.attribute)
    size = sum(node.ByteSize() for node in nodes)
    for name, times in calls.items():
        count += times * extents[name].nodes
        size += times * extents[name].size
    return _Extent(count, size)


def _check_attributes(path: Path, attributes: Any) -> None:
    """Refuse large attributes of a function, which may use each of them often."""
    if max((attribute.ByteSize() for attribute in attributes), default=0) > _MAX_ATTRIBUTE:
        raise ModelError(f"{path}: passes more than {_MAX_ATTRIBUTE} bytes to a function; such a model is refused")
