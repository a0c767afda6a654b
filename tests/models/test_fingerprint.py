"""Functions of other content have other fingerprints, and those of equal content have equal ones."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from robustbench_cells.models.fingerprint import fingerprint

SIZE = 30


def helper(value: int) -> int:
    return value + 1


def uses_a_global(images: Any) -> Any:
    return helper(images) > SIZE


class Model:
    def __init__(self, k: object) -> None:
        self.k = k

    def predict(self, images: Any) -> Any:
        return images > self.k

    def __call__(self, images: Any) -> Any:
        return self.predict(images)


def closure(value: object) -> Callable[[Any], Any]:
    return lambda images: (images, value)


def with_default(value: object) -> Callable[..., Any]:
    def function(images: Any, k: object = value) -> Any:
        return images, k

    return function


def above(images: Any, k: float) -> Any:
    return images > k


MAKERS: dict[str, Callable[[Any], Any]] = {
    "closure": closure,
    "default": with_default,
    "method": lambda value: Model(value).predict,
    "object": Model,
    "partial": lambda value: functools.partial(above, k=value),
    "decorated": lambda value: functools.wraps(above)(closure(value)),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        ([1, 23], [12, 3]),
        ({"a": 1}, {"a": 2}),
        ({1}, {2}),
        (np.array([1.0]), np.array([1.0001])),
        (lambda x: x + 1, lambda x: x + 2),
        (Model(1), Model(2)),
        ((1, (2, (3, (4, (5, 6))))), (1, (2, (3, (4, (5, 7)))))),
    ],
    ids=["number", "list", "dict", "set", "array", "function", "object", "nested"],
)
def test_other_values_are_told_apart(make: Callable[[Any], Any], one: Any, other: Any) -> None:
    assert fingerprint(make(one)) == fingerprint(make(one))
    assert fingerprint(make(one)) != fingerprint(make(other))


def test_globals_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(uses_a_global)
    assert fingerprint(uses_a_global) == before
    monkeypatch.setitem(globals(), "SIZE", 20)
    resized = fingerprint(uses_a_global)
    monkeypatch.undo()

    def helper(value: int) -> int:
        return value + 2

    monkeypatch.setitem(globals(), "helper", helper)
    assert len({before, resized, fingerprint(uses_a_global)}) == 3


def test_values_that_hold_themselves_end() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    model = Model(loop)
    model.me = model  # type: ignore[attr-defined]
    assert fingerprint(model.predict) == fingerprint(model.predict)


def test_libraries_count_by_name() -> None:
    assert fingerprint(lambda images: np.sort(images, 0)) != fingerprint(lambda images: np.argsort(images, 0))
