"""Calls of layers, and the tries that Keras makes, counted in configurations."""

from __future__ import annotations

from typing import Any

import pytest

from robustbench_cells.models.vetting.keras_calls import MAX_TRIES, count_calls, count_tries, has_tensor


def tensor(layer: str, call: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [layer, call, 0]}}


def make_layer(name: str, *sources: tuple[str, int], kind: str = "ReLU", old: bool = False) -> dict[str, Any]:
    nodes: list[Any] = [[[*source, 0, {}]] if old else {"args": [tensor(*source)]} for source in sources]
    return {"class_name": kind, "name": name, "config": {}, "inbound_nodes": nodes}


def make_chain(length: int, old: bool = False) -> list[dict[str, Any]]:
    names = ["in", *(str(number) for number in range(length))]
    links = zip(names[1:], names, strict=False)
    return [make_layer("in", kind="InputLayer"), *(make_layer(one, (before, 0), old=old) for one, before in links)]


def network(layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"class_name": "Functional", "name": "net", "config": {"layers": layers}}


@pytest.mark.parametrize("old", [False, True])
def test_chain_takes_one_try_a_layer_and_its_reverse_the_square(old: bool) -> None:
    layers = make_chain(100, old)
    assert count_tries(network(layers)) == 100
    assert count_tries(network(layers[::-1])) == 100 * 101 / 2
    assert count_tries(network(make_chain(2000, old)[::-1])) > MAX_TRIES


def test_layers_that_are_called_in_turn_take_a_pass_each() -> None:
    first = make_layer("a", ("in", 0), *(("b", call) for call in range(9)))
    second = make_layer("b", *(("a", call) for call in range(10)))
    assert count_tries(network([make_layer("in", kind="InputLayer"), first, second])) == 10 + 10 + 9 + 9


def test_loop_without_an_end_is_counted_once() -> None:
    assert count_tries(network([make_layer("a", ("b", 0)), make_layer("b", ("a", 0))])) == 2


def test_calls_of_nested_networks_are_multiplied() -> None:
    inner = network(make_chain(9))
    outer = [{**inner, "inbound_nodes": [{}] * 3}]
    assert count_calls(network(outer)) == 30
    assert count_tries(network([{**inner, "inbound_nodes": []}])) == 9


def test_tensor_is_found_at_any_depth_that_is_allowed() -> None:
    deep: Any = tensor("a")
    for _ in range(50):
        deep = [1, deep]
    assert has_tensor(deep)
    for _ in range(900):
        deep = [deep]
    assert not has_tensor(deep)
    assert not has_tensor([1, "a", {"class_name": "Conv2D"}])
