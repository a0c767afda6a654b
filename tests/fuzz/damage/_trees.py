"""Damage to nested tables and lists, as in JSON, TOML and YAML."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.damage._values import value, word


def spoil(document: Any, rng: np.random.Generator) -> Any:
    """Replace, remove, move, rename or repeat one part of a document."""
    places = list(_places(document))
    if not places:
        return value(rng)
    holder, key = places[rng.integers(len(places))]
    way = rng.integers(10)
    if way < 5:
        holder[key] = value(rng)
    elif way < 6:
        del holder[key]
    elif way < 8:
        other, there = places[rng.integers(len(places))]
        holder[key] = other[there]
    elif isinstance(holder, dict):
        holder[word(rng)] = holder.pop(key)
    else:
        holder.extend([holder[key]] * int(rng.choice([1, 500])))
    return document


def _places(document: Any) -> list[tuple[Any, Any]]:
    """List each table or list with each of its keys."""
    found, left = [], [document]
    while left:
        one = left.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            found.append((one, key))
            left.append(one[key])
    return found
