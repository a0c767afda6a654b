"""What OpenVINO computes while it reads a graph: the shapes of layers, out of values that are small or never needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.vetting.openvino_xml import Graph, Layer, iter_values

_MAX_VALUES = 2**26  # numbers of one array that is computed while reading, and of all together
_MAX_RANK = 16

_CONSTANTS = {"const", "constant"}
_UNARY = {
    "abs", "ceiling", "clamp", "convert", "erf", "exp", "floor", "log", "logicalnot", "negative", "relu", "round",
    "sigmoid", "sign", "sqrt",
}  # fmt: skip
_SHRINKING = {
    "reducel1", "reducel2", "reducelogicaland", "reducelogicalor", "reducemax", "reducemean", "reducemin", "reduceprod",
    "reducesum", "slice", "split", "squeeze", "transpose", "variadicsplit",
}  # fmt: skip
_EXTENDING = {"stridedslice", "unsqueeze"}  # with new axes
_BROADCASTING = {
    "add", "divide", "equal", "floormod", "greater", "greaterequal", "less", "lessequal", "logicaland", "logicalor",
    "logicalxor", "maximum", "minimum", "mod", "multiply", "notequal", "power", "select", "squareddifference",
    "subtract",
}  # fmt: skip
_MAX_MEASURED = 100  # layers whose size is asked of OpenVINO


@dataclass(frozen=True)
class _Bound:
    """Upper bounds of an array.

    Attributes
    ----------
    size, rank
        Upper bounds of the number of values and of axes.
    shape
        Its shape, where that is known.
    """

    size: int
    rank: int
    shape: tuple[int, ...] | None = None


_OF_IMAGES = _Bound(1, 0)  # values that depend on an image are not computed while reading

Measure = Callable[[str], list[tuple[int, ...]]]


def check_values(path: Path, graph: Graph, measure: Measure) -> None:
    """Check the layers whose values OpenVINO may compute while it reads a graph, to determine the shapes of others.

    Parameters
    ----------
    path
        For messages.
    graph
        As by `read_graph`.
    measure
        Function from a layer's number to the shapes that it gives; it is called only once all that it may compute is
        known to be small.

    Raises
    ------
    ModelError
        If such values are many.
    """
    bounds: dict[str, _Bound] = {}
    total = measured = 0
    for name in iter_values(graph.layers):
        layer = graph.layers[name]
        bound = _bound(layer, [bounds.get(source, _OF_IMAGES) for source in layer.inputs])
        if bound is None:
            measured += 1
            if measured > _MAX_MEASURED:
                raise ModelError(
                    f"{path}: computes shapes in too many operators {layer.kind!r}; such a model is refused"
                )
            shapes = measure(name)
            bound = _Bound(sum(map(prod, shapes)), max(map(len, shapes), default=0))
        bounds[name] = bound
        total += bound.size if layer.kind not in _CONSTANTS else 0
        if total > _MAX_VALUES:
            raise ModelError(
                f"{path}: has an operator {layer.kind!r} that computes more from weights than the {_MAX_VALUES} values "
                "allowed"
            )


def _bound(layer: Layer, given: list[_Bound]) -> _Bound | None:
    """Bound what a layer gives for inputs; None if it cannot be told from these."""
    if layer.kind in _CONSTANTS:
        return _Bound(prod(layer.shape), len(layer.shape), layer.shape)
    if layer.kind == "shapeof":
        return _Bound(_MAX_RANK, 1)
    if given and layer.kind in _UNARY:
        return given[0]
    if given and layer.kind in _SHRINKING:
        return _Bound(given[0].size, given[0].rank)
    return _joined(layer.kind, given) if given else None


def _joined(kind: str, known: list[_Bound]) -> _Bound | None:
    """Bound what an operator makes of several arrays."""
    rank = max(bound.rank for bound in known)
    if kind == "concat":
        return _Bound(sum(bound.size for bound in known), rank)
    if len(known) > 1 and kind in ("reshape", *_EXTENDING):
        return _Bound(known[0].size, known[1].size + (known[0].rank if kind in _EXTENDING else 0))
    if len(known) > 1 and kind == "gather":
        return _Bound(known[0].size * known[1].size, max(known[0].rank - 1, 0) + known[1].rank)
    return _broadcast(known, rank) if kind in _BROADCASTING else None


def _broadcast(known: list[_Bound], rank: int) -> _Bound:
    shapes = [bound.shape for bound in known if bound.shape is not None]
    if len(shapes) == len(known):
        try:
            shape = np.broadcast_shapes(*shapes)
            return _Bound(prod(shape), len(shape), shape)
        except ValueError:  # OpenVINO has other rules too
            return _Bound(prod(map(prod, shapes)), rank)
    sizes = [bound.size for bound in known]
    return _Bound(max(sizes) if rank <= 1 else prod(sizes), rank)
