"""Number of layer calls in a Keras configuration, and of the tries that Keras makes to build them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MAX_CALLS = 2_000  # each takes Keras and TensorFlow about 10 ms; a deep EfficientNet has 1,000
MAX_TRIES = 20_000  # each takes about 0.1 ms
_MAX_DEPTH = 60


def count_calls(config: Mapping[str, Any]) -> int:
    """Count the layer calls; those of a nested network count as often as it is called."""
    layers = _layers(config)
    if layers is None:
        return 1
    return sum(max(1, len(_nodes(layer))) * count_calls(layer) for layer in layers)


def count_tries(config: Mapping[str, Any]) -> int:
    """Count how often Keras tries to call a layer, up to a little more than allowed.

    It goes through the layers in the order of the file, and again for those whose inputs came later, which takes it the
    square of their number if the order is reversed. A call of several tensors counts as several tries.
    """
    layers = _layers(config) or []
    tries = sum(map(count_tries, layers))
    waiting = {str(layer.get("name")): [list(_iter_sources(node)) for node in _nodes(layer)] for layer in layers}
    made = {str(layer.get("name")): int(_begins_with_a_node(layer)) for layer in layers}
    is_progress = True
    while is_progress and tries <= MAX_TRIES:
        is_progress = False
        for name, calls in waiting.items():
            while calls and tries <= MAX_TRIES:
                tries += max(1, len(calls[0]))
                if any(made.get(source, index + 1) <= index for source, index in calls[0]):
                    break
                del calls[0]
                made[name] += 1
                is_progress = True
    return tries


def has_tensor(value: Any, depth: int = 0) -> bool:
    """Whether the output of a layer is among the arguments of a call, which may still be nested to any depth."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return value.get("class_name") == "__keras_tensor__"
    return isinstance(value, list) and any(has_tensor(part, depth + 1) for part in value)


def _layers(config: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    return [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else None


def _begins_with_a_node(layer: Mapping[str, Any]) -> bool:
    """Whether Keras counts an output of a layer that nothing calls: of an input, or of a nested network."""
    return layer.get("class_name") == "InputLayer" or bool(_layers(layer))


def _nodes(layer: Mapping[str, Any]) -> list[Any]:
    nodes = layer.get("inbound_nodes")
    return nodes if isinstance(nodes, list) else []


def _iter_sources(value: Any) -> Iterator[tuple[str, int]]:
    """Iterate over the calls whose outputs a call needs: the layer's name and the number of its call."""
    match value:
        case [str(name), int(index), int(), *_]:
            yield name, index
        case list():
            for part in value:
                yield from _iter_sources(part)
        case dict():
            for part in value.values():
                yield from _iter_sources(part)
