"""What is known of code in memory without running it: its instructions, and the values that they can reach.

Functions and classes of the same module are followed. Those of other modules count by their name and, outside of
libraries, by their source. What cannot be seen (a remote service, a file that is read) shows in what a function
predicts, or has to be named by an attribute ``digest``.
"""

from __future__ import annotations

import copyreg
import hashlib
import inspect
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import CodeType, MethodType, ModuleType
from typing import Any

import numpy as np

from robustbench_cells.sources import source_digest

_MAX_DEPTH = 40  # values within values
_MAX_PIECES = 200_000
_DIGITS = 16  # hexadecimal, of a digest of code
_PLAIN = str | bytes | int | float | complex
_WRAPPERS: dict[type, tuple[str, ...]] = {  # what makes up what wraps functions
    MethodType: ("__func__", "__self__"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    partial: ("func", "args", "keywords"),
    property: ("fget", "fset", "fdel"),
}
_OURS = "robustbench_cells."
_NO_CONTENT = frozenset(  # names in a class that say nothing of what it does
    {
        "__abstractmethods__", "__annotations__", "__dict__", "__doc__", "__firstlineno__", "__module__",
        "__qualname__", "__static_attributes__", "__weakref__", "_abc_impl",
    }
)  # fmt: skip


def fingerprint(target: Any, *, state: bool = True) -> bytes:
    """Digest of a function, a bound method, a callable object or a class: equal for equal code and values.

    Parameters
    ----------
    target
        Anything that can be called.
    state
        Whether arrays, lists, the attributes of objects and the values of global names count, which a running program
        may change; otherwise the code does, with its constants.
    """
    digest = hashlib.sha256()
    home = target
    while isinstance(home, partial):
        home = home.func
    for number, piece in enumerate(_Walk(getattr(home, "__module__", None) or "", state).pieces(target)):
        if number == _MAX_PIECES:
            break
        digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.digest()


def code_digest(cls: type) -> str:
    """Digest of the code of a class: of the files that it comes from, or of what was typed in and all that it uses.

    16 hexadecimal digits, as in names and cache keys.
    """
    functions = [part for part in vars(cls).values() if inspect.isfunction(part)]
    from_file = any(Path(function.__code__.co_filename).is_file() for function in functions)
    source = source_digest(cls.__module__) if from_file else ""
    content = fingerprint(_bound(cls), state=False) if source else fingerprint(cls)
    return hashlib.sha256(source.encode() + content).hexdigest()[:_DIGITS]


def _bound(cls: type) -> tuple[Any, ...]:
    """Constants that a class got from elsewhere than its own source: attributes, and what closures hold."""
    parts = [part for base in cls.__mro__ for name, part in vars(base).items() if name not in _NO_CONTENT]
    functions = [getattr(part, "__func__", part) for part in parts]
    cells = [value for function in functions if inspect.isfunction(function) for value in _cells(function)]
    return tuple(value for value in (*parts, *cells) if value is None or isinstance(value, _PLAIN | tuple))


class _Walk:
    """Goes through values, each once."""

    def __init__(self, module: str, state: bool) -> None:
        self._module = module
        self._state = state
        self._seen: dict[int, tuple[int, Any]] = {}  # the values are kept, so that no other one gets their id
        self._sources: dict[str, str] = {}  # by module, each read once

    def pieces(self, value: Any, depth: int = 0) -> Iterator[bytes]:
        """The content of a value, piece by piece."""
        if value is None or isinstance(value, _PLAIN):
            yield f"{type(value).__name__} {value!r}".encode()
        elif isinstance(value, ModuleType):
            yield from self._module_content(value.__name__)
        elif (array := _array(value)) is not None:
            yield f"{type(value).__name__} {array.dtype}{array.shape}".encode()
            yield np.ascontiguousarray(array).tobytes() if self._state else b""
        elif id(value) in self._seen or depth > _MAX_DEPTH:
            yield f"seen {self._seen.get(id(value), (-1, None))[0]}".encode()
        else:
            if not isinstance(value, tuple | frozenset | CodeType):  # equal constants may be one object or several
                self._seen[id(value)] = len(self._seen), value
            parts = self._parts(value)
            yield f"{type(value).__name__} {len(parts)}".encode()
            for part in parts:
                yield from self.pieces(part, depth + 1)

    def _parts(self, value: Any) -> list[Any]:
        if isinstance(value, CodeType):
            arguments = (value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_flags)
            names = (value.co_names, value.co_varnames, value.co_cellvars, value.co_freevars)
            return [value.co_code, value.co_exceptiontable, *arguments, *names, *value.co_consts]
        if inspect.isfunction(value) or inspect.isclass(value):
            return self._definition(value)
        if self._state and type(value).__module__.startswith(_OURS) and isinstance(getattr(value, "digest", None), str):
            return [
                type(value).__qualname__,
                value.digest,
            ]  # a segmenter: its threads or process are none of its content
        for kind, wrapped in _WRAPPERS.items():
            if isinstance(value, kind):
                return [getattr(value, name) for name in wrapped]
        items = _items(value) if self._state or isinstance(value, tuple | frozenset) else []
        return [*items, type(value), *(_state(value) if self._state else ())]

    def _definition(self, value: Any) -> list[Any]:
        """What a function or a class is made of, if it is of the same module; else its name and its source."""
        if value.__module__ != self._module:
            return [value.__qualname__, *self._module_content(value.__module__ or "")]
        if inspect.isclass(value):
            parts = [(name, part) for name, part in vars(value).items() if name not in _NO_CONTENT]
            return [value.__qualname__, value.__bases__, *parts]
        names = sorted(set(_names(value.__code__)) & value.__globals__.keys()) if self._state else ()
        used = tuple((name, value.__globals__[name]) for name in names)
        code = [value.__qualname__, _without_docstring(value), value.__defaults__, value.__kwdefaults__]
        return [*code, tuple(_cells(value)), used, tuple(vars(value).items())]

    def _module_content(self, name: str) -> list[bytes]:
        if name not in self._sources:
            self._sources[name] = source_digest(name, self._module)
        return [name.encode(), self._sources[name].encode()]


def _array(value: Any) -> np.ndarray[Any, Any] | None:
    """The content of an array or a tensor, if its type can give it."""
    if inspect.isclass(value) or not hasattr(type(value), "__array__"):
        return None
    try:
        tensor = value.detach().cpu() if hasattr(value, "detach") else value  # of PyTorch
        array = np.asarray(tensor)
    except Exception:  # whatever a library raises of a tensor that is elsewhere
        return None
    return None if array.dtype.hasobject else array


def _items(value: Any) -> list[Any]:
    """The items of a list, tuple, set, dictionary or array of objects."""
    if isinstance(value, np.ndarray):
        return [value.shape, *value.ravel()]
    if isinstance(value, tuple | list):
        return list(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if isinstance(value, dict):
        return [part for item in value.items() for part in item]
    return []


def _state(value: Any) -> list[Any]:
    """The attributes of an object; without any, what it would be pickled as."""
    slots = [name for cls in type(value).__mro__ for name in _slots(cls) if hasattr(value, name)]
    attributes = getattr(value, "__dict__", None)
    if attributes is not None or slots:
        return [attributes, {name: getattr(value, name) for name in slots}]
    if isinstance(value, tuple | list | set | frozenset | dict | np.ndarray):
        return []
    try:
        reduce = copyreg.dispatch_table.get(type(value))
        reduced: Any = reduce(value) if reduce else value.__reduce_ex__(2)
    except Exception:  # a lock, a file, a generator
        return []
    if isinstance(reduced, str):  # the name of something of a module
        return [getattr(value, "__module__", ""), reduced]
    return [list(part) if hasattr(part, "__next__") else part for part in reduced]


def _slots(cls: type) -> list[str]:
    names: Any = vars(cls).get("__slots__", ())
    names = [names] if isinstance(names, str) else names
    private = [f"_{cls.__name__.lstrip('_')}{name}" if name.startswith("__") else name for name in names]
    return [name for name in private if name not in ("__dict__", "__weakref__")]


def _without_docstring(function: Any) -> CodeType:
    code: CodeType = function.__code__
    is_first = isinstance(function.__doc__, str) and code.co_consts[:1] == (function.__doc__,)
    return code.replace(co_consts=(None, *code.co_consts[1:])) if is_first else code


def _names(code: CodeType) -> Iterator[str]:
    """Names that a code object looks up, with those of the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _cells(function: Any) -> list[Any]:
    """The values that a closure holds, without those that are not bound yet."""
    values = []
    for cell in function.__closure__ or ():
        with suppress(ValueError):
            values.append(cell.cell_contents)
    return values
