"""Plug-ins by name: a package's own files are its registry.

Every module of the package whose name does not start with an underscore is imported on the first look-up, and what
it registers is found by its ``name``. A new plug-in is therefore one new file.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from robustbench_cells.errors import DuplicateNameError, PluginError, UnknownNameError


class Named(Protocol):
    """Anything with a ``name``."""

    name: str


T = TypeVar("T", bound=Named)
C = TypeVar("C", bound=type)


def unknown(name: str, noun: str, names: Iterable[str]) -> str:
    """What to say of a name that is not there."""
    names = list(names)
    near = difflib.get_close_matches(name, names, 1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"no {noun} is called {name!r}{meant}; there are: {', '.join(names) or 'none'}"


class Registry(Generic[T]):
    """One object for each registered class, by its ``name``.

    Parameters
    ----------
    package
        Dotted name of the package whose modules register themselves.
    noun
        What one entry is called in messages, for example ``"artefact"``.
    """

    def __init__(self, package: str, noun: str) -> None:
        self.package = package
        self.noun = noun
        self._entries: dict[str, T] = {}
        self._discovered = False

    def register(self, cls: C) -> C:
        """Class decorator: make one object of ``cls`` known under its ``name``.

        Raises
        ------
        PluginError
            If it lacks an attribute that its Protocol declares.
        DuplicateNameError
            If another class has that name.
        """
        entry: T = cls()
        declared = {name for base in cls.__mro__ for name in vars(base).get("__annotations__", {})}
        missing = sorted(name for name in declared | {"name"} if not hasattr(entry, name))
        if missing:
            raise PluginError(
                f"{cls.__module__}.{cls.__qualname__}: {self.noun} without {', '.join(missing)}; see its Protocol"
            )
        if entry.name in self._entries:
            other = type(self._entries[entry.name])
            raise DuplicateNameError(
                f"{self.noun} {entry.name!r} is registered twice: by {other.__module__}.{other.__qualname__} and by "
                f"{cls.__module__}.{cls.__qualname__}; give one of them another name"
            )
        self._entries[entry.name] = entry
        return cls

    def get(self, name: str) -> T:
        """The entry called ``name``.

        Raises
        ------
        UnknownNameError
            If there is none; the message lists those there are.
        """
        self._discover()
        if name not in self._entries:
            raise UnknownNameError(unknown(name, self.noun, self.names()))
        return self._entries[name]

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        self._discover()
        return tuple(sorted(self._entries))

    def __iter__(self) -> Iterator[T]:
        """All entries, in the order of their names."""
        return iter([self._entries[name] for name in self.names()])

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def _discover(self) -> None:
        if self._discovered:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"{self.package}.{module.name}")
        self._discovered = True
