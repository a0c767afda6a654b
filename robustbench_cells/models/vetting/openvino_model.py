"""Operators and sizes of an OpenVINO graph as OpenVINO has read it, before it is compiled."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ModelError
from robustbench_cells.models.vetting.openvino_xml import LOOP_OPERATORS, OPERATORS
from robustbench_cells.types import BATCH

_MAX_OUTPUT = 2 * 2**30  # bytes of one operator's output for a batch
_MAX_TOTAL = 128 * 2**30  # bytes of all outputs for a batch; most are soon freed
_MAX_CONSTANTS = 2**30  # bytes computed from weights alone, which OpenVINO does on compiling, and keeps
_MAX_PRODUCTS = 3 * 10**13  # for a batch
_MAX_STEPS = 10**11  # for a batch, of what is done value by value
_MAX_RANK = 16
_POOLS = {"AvgPool", "MaxPool"}
_SUMS_OF_WEIGHTS = {"Convolution": 1, "GroupConvolution": 2}  # axes of the weights before those that are summed over
_TRANSPOSED = {"ConvolutionBackpropData": 1, "GroupConvolutionBackpropData": 2}


def check_model(path: Path, model: Any, side: int) -> None:
    """Check the operators of a graph, and how much they compute and keep.

    Parameters
    ----------
    path
        For messages.
    model
        `openvino.Model`.
    side
        Length of axes that may vary, but the first, which is a batch.

    Raises
    ------
    ModelError
        If an operator is not allowed, its rank depends on the data, or there is too much to keep or to compute.
    """
    total = constants = products = steps = 0
    computed: dict[str, bool] = {}  # whether an operator depends on weights alone
    for operator in model.get_ordered_ops():
        kind = operator.get_type_name()
        if kind.lower() not in OPERATORS - LOOP_OPERATORS:
            raise ModelError(f"{path}: has the operator {kind}, which is not allowed; such a model is refused")
        given = [lengths_of(path, value, side) for value in operator.input_values()]
        found = [lengths_of(path, value, side) for value in operator.outputs()]
        size = sum(
            prod(shape) * max(value.get_element_type().size, 1)
            for shape, value in zip(found, operator.outputs(), strict=True)
        )
        if size > _MAX_OUTPUT:
            shapes = ", ".join(str(value.get_partial_shape()) for value in operator.outputs())
            raise ModelError(
                f"{path}: has an operator that outputs {shapes}, more than the {_MAX_OUTPUT} bytes allowed"
            )
        name = operator.get_name()
        sources = [value.get_node().get_name() for value in operator.input_values()]
        computed[name] = kind != "Parameter" and all(computed[source] for source in sources)
        total += size
        constants += size if computed[name] and kind != "Constant" else 0
        products += _count_products(kind, given, found)
        steps += sum(map(prod, (*given, *found))) + _count_pooled(operator, found)
    for amount, most, what in (
        (total, _MAX_TOTAL, "outputs more than the {} bytes allowed for a batch"),
        (constants, _MAX_CONSTANTS, "computes more than the {} bytes allowed from weights alone"),
        (products, _MAX_PRODUCTS, "makes more than the {:.0e} multiplications allowed for a batch"),
        (steps, _MAX_STEPS, "makes more than the {:.0e} steps allowed for a batch"),
    ):
        if amount > most:
            raise ModelError(f"{path}: {what.format(most)}; such a model is refused")


def lengths_of(path: Path, value: Any, side: int) -> tuple[int, ...]:
    """Read the shape of a value for a batch; raises as `check_model`."""
    shape = value.get_partial_shape()
    if shape.rank.is_dynamic:
        raise ModelError(f"{path}: has an operator of dynamic rank; such a model is refused")
    if (rank := len(shape)) > _MAX_RANK:
        raise ModelError(f"{path}: has an array of {rank} axes, more than the {_MAX_RANK} allowed")
    lengths = [length.get_length() if length.is_static else side for length in shape]
    return (BATCH, *lengths[1:]) if rank and shape[0].is_dynamic else tuple(lengths)


def _count_products(kind: str, given: list[tuple[int, ...]], found: list[tuple[int, ...]]) -> int:
    """Estimate the multiplications of sums of products."""
    if kind in _SUMS_OF_WEIGHTS:
        return prod(found[0]) * prod(given[1][_SUMS_OF_WEIGHTS[kind] :])
    if kind in _TRANSPOSED:
        return prod(given[0]) * prod(given[1][_TRANSPOSED[kind] :])
    return prod(found[0]) * max(given[0][-2:], default=1) if kind == "MatMul" else 0


def _count_pooled(operator: Any, found: list[tuple[int, ...]]) -> int:
    """Estimate the steps of a pooling layer: each value of each window."""
    if operator.get_type_name() not in _POOLS:
        return 0
    return prod(found[0]) * prod(operator.get_attributes()["kernel"])
