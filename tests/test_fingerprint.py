"""Functions of other content have other fingerprints, and those of equal content have equal ones."""

from __future__ import annotations

import cmath
import functools
import math
import operator
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.fingerprint import code_digest, fingerprint
from robustbench_cells.models.network import NetworkSegmenter
from tests.support.networks import make_segmenter

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


class Slotted:
    __slots__ = ("__private", "k")

    def __init__(self, k: object) -> None:
        self.k = 0
        self.__private = k


class Named(list[int]):
    def __init__(self, a: int) -> None:
        self.a = a


def swapped(images: Any, k: Any) -> Any:
    return images - k


def swapped_back(k: Any, images: Any) -> Any:
    return k - images


class Threshold100:
    k = 100

    def predict(self, images: Any) -> Any:
        return images > self.k


class Threshold101:
    k = 101

    def predict(self, images: Any) -> Any:
        return images > self.k


class Wraps100(Threshold100):
    """Has everything from its base."""


class Wraps101(Threshold101):
    """Has everything from its base."""


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
        (1, True),
        (np.float32(1), np.float32(2)),
        (np.array([1, "a"], object), np.array([1, "b"], object)),
        (Slotted(1), Slotted(2)),
        (Decimal(1), Decimal(2)),
        (re.compile("a"), re.compile("b")),
        (deque([1]), deque([2])),
        (range(3), range(4)),
        (operator.itemgetter(1), operator.itemgetter(2)),
        (np.array([1.0]).__gt__, np.array([2.0]).__gt__),
        (pd.Series([1]), pd.Series([2])),
        (Named(a=1), Named(a=2)),
        (math.sin, math.cos),
        (math.sin, cmath.sin),
        (swapped, swapped_back),
        (Threshold100, Threshold101),
        (Wraps100, Wraps101),
    ],
    ids=[
        *("number", "list", "dict", "set", "array", "function", "object", "nested", "bool", "scalar", "objects"),
        *("slots", "decimal", "pattern", "deque", "range", "getter", "method of C", "series", "attributes of a list"),
        *("built-in", "module of a built-in", "names of arguments", "attribute of a class", "base class"),
    ],
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


def test_one_value_twice_is_not_two_values() -> None:
    a, b = [1], [2]
    assert fingerprint(closure([a, b, a])) != fingerprint(closure([a, b, b]))


def test_a_name_alone_tells_functions_apart() -> None:
    def one(images: Any) -> Any:
        return images

    def other(images: Any) -> Any:
        return images

    assert fingerprint(one) != fingerprint(other)


def test_without_state_the_code_counts_alone() -> None:
    assert fingerprint(Model(np.ones(3)), state=False) == fingerprint(Model(np.zeros(3)), state=False)
    assert fingerprint(closure(1), state=False) != fingerprint(with_default(1), state=False)


PLUGIN = """
import time
STARTED = time.time()  # other in each process
def make(level):
    class Made:
        "About."
        def __init_subclass__(cls): pass
        def distort(self, image): return image > level + 0 * STARTED
    return Made
Made, Other = make(1), make(2)
class Fixed:
    k = 3
    def distort(self, image): return image > self.k
"""
SHOW = (
    "import sys; sys.path.insert(0, sys.argv[1]); import made_plugin as m;"
    "from robustbench_cells.fingerprint import code_digest;"
    "print(*(code_digest(c) for c in (m.Made, m.Other, m.Fixed)))"
)


def test_code_of_a_class_in_a_file_is_the_same_in_every_process(tmp_path: Path) -> None:
    def digests() -> list[str]:
        command = [sys.executable, "-c", SHOW, str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    (tmp_path / "made_plugin.py").write_text(PLUGIN)
    first = digests()
    assert digests() == first
    assert len(set(first)) == 3
    (tmp_path / "made_plugin.py").write_text(PLUGIN.replace("About.", "What it does.") + "# a comment\n")
    assert digests() == first
    (tmp_path / "made_plugin.py").write_text(PLUGIN.replace("image > self.k", "image > self.k + 1"))
    assert not set(digests()) & set(first)


def test_code_of_a_class_that_was_typed_in_counts_with_what_it_uses() -> None:
    """As in a notebook: there is no file, and a name may be given another value in another cell."""
    text = (
        "def level():\n    return {}\nclass Typed:\n    def distort(self, image):\n        return image > level() + K\n"
    )
    cell: dict[str, Any] = {"K": 1, "__name__": "__main__"}
    exec(text.format(1), cell)  # noqa: S102
    before = code_digest(cell["Typed"])
    cell["K"] = 2
    assert code_digest(cell["Typed"]) != before
    cell["K"] = 1
    assert code_digest(cell["Typed"]) == before
    exec(text.format(2), cell)  # noqa: S102
    assert code_digest(cell["Typed"]) != before


def test_a_segmenter_counts_by_its_digest() -> None:
    def wrap(segmenter: NetworkSegmenter) -> Callable[[Any], Any]:
        return lambda images: 1 - segmenter.predict(images)

    one, alike = make_segmenter(lambda images: images), make_segmenter(lambda images: images / 2)  # both "digest"
    assert fingerprint(wrap(one)) == fingerprint(wrap(alike))
    alike.digest = "another"
    assert fingerprint(wrap(one)) != fingerprint(wrap(alike))
