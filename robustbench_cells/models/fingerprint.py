"""What is known of a function without running it: its code, and the values that the code can reach.

Functions and classes of the same module are followed. Those of other modules count by their name and, outside of
installed packages, by their source file. What cannot be seen (a tensor of a library, a remote service) shows in what
the function predicts, or has to be named by an attribute ``digest``.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
import sysconfig
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

_MAX_DEPTH = 40  # values within values
_MAX_PIECES = 20_000
_INSTALLED = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


def fingerprint(function: Any) -> bytes:
    """Digest of a function, a bound method or a callable object: equal for equal code and values.

    Parameters
    ----------
    function
        Anything that can be called.
    """
    digest = hashlib.sha256()
    home = function
    while isinstance(home, partial):
        home = home.func
    for number, piece in enumerate(_Walk(getattr(home, "__module__", "")).pieces(function)):
        if number == _MAX_PIECES:
            break
        digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.digest()


class _Walk:
    """Goes through values, each once."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._seen: dict[int, Any] = {}  # the values are kept, so that no other one gets their id

    def pieces(self, value: Any, depth: int = 0) -> Iterator[bytes]:
        """The content of a value, piece by piece."""
        if value is None or isinstance(value, str | bytes | int | float | complex):
            yield repr(value).encode()
        elif isinstance(value, np.ndarray) and value.dtype != object:
            yield f"{value.dtype}{value.shape}".encode()
            yield np.ascontiguousarray(value).tobytes()
        elif isinstance(value, ModuleType):
            yield from _module_content(value.__name__)
        elif id(value) in self._seen or depth > _MAX_DEPTH:
            yield b"seen"
        else:
            self._seen[id(value)] = value
            parts = self._parts(value)
            yield f"{type(value).__name__} {len(parts)}".encode()
            for part in parts:
                yield from self.pieces(part, depth + 1)

    def _parts(self, value: Any) -> list[Any]:
        if isinstance(value, CodeType):
            return [value.co_code, *value.co_names, *value.co_consts]
        if inspect.isfunction(value) or inspect.isclass(value):
            return self._definition(value)
        if inspect.ismethod(value):
            return [value.__func__, value.__self__]
        if isinstance(value, partial):
            return [value.func, value.args, value.keywords]
        return _container(value) or [type(value), getattr(value, "__dict__", None)]

    def _definition(self, value: Any) -> list[Any]:
        """What a function or a class is made of, if it is of the same module; else its name and its source file."""
        if value.__module__ != self._module:
            return [value.__qualname__, *_module_content(value.__module__)]
        if inspect.isclass(value):
            return [value.__qualname__, *(part for part in vars(value).values() if inspect.isfunction(part))]
        cells = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        names = sorted(set(_names(value.__code__)) & value.__globals__.keys())
        used = {name: value.__globals__[name] for name in names}
        return [value.__code__, value.__defaults__, value.__kwdefaults__, cells, used]


def _container(value: Any) -> list[Any]:
    """The parts of a list, tuple, set or dictionary, its type first; empty for anything else."""
    if isinstance(value, tuple | list):
        return [type(value).__name__, *value]
    if isinstance(value, set | frozenset):
        return [type(value).__name__, *sorted(value, key=repr)]
    if isinstance(value, dict):
        return [type(value).__name__, *(part for item in value.items() for part in item)]
    return []


def _names(code: CodeType) -> Iterator[str]:
    """Names that a code object looks up, with those of the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _module_content(name: str) -> list[bytes]:
    """Name of a module, and a digest of its source file unless it is installed."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if not file or file.startswith(_INSTALLED) or not Path(file).is_file():
        return [name.encode()]
    return [name.encode(), hashlib.sha256(Path(file).read_bytes()).digest()]


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where a name is not bound yet
    except ValueError:
        return False
    return True
