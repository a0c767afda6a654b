"""Plug-ins by name: the modules of a package, the entry points of other packages, and what registers itself.

On the first look-up every module of the package, and of the packages within it, is imported unless its name starts with
an underscore, and then the entry points of installed packages, in the order of their names. A module that cannot be
used raises an error; an entry point that cannot is reported and left out.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import threading
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar

from robustbench_cells.errors import DuplicateNameError, PluginError, PluginWarning, UnknownNameError
from robustbench_cells.fingerprint import code_digest
from robustbench_cells.origins import Origin, origin_of_entry_point, origin_of_module
from robustbench_cells.printable import is_printable, printable


class Named(Protocol):
    """Anything with a ``name``."""

    name: str


T = TypeVar("T", bound=Named)
C = TypeVar("C", bound=type)


@dataclass(frozen=True)
class FailedPlugin:
    """An entry point of another package that cannot be used.

    Attributes
    ----------
    entry_point
        Name of the entry point.
    origin
        Distribution that declares it.
    error
        Type and message of what it raised.
    """

    entry_point: str
    origin: Origin
    error: str

    def __str__(self) -> str:
        """As in messages."""
        return f"{self.entry_point!r} of {self.origin} ({printable(self.error)})"


def unknown(name: object, noun: str, names: Iterable[str]) -> str:
    """What to say of a name that is not there, or that is no name."""
    names = list(names)
    near = difflib.get_close_matches(str(name), names, 1)
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
    contract
        Class that every plug-in subclasses.
    group
        Entry-point group by which other packages add plug-ins; without one, none is looked for.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> {"cell_size", "illumination", "noise"} <= set(rb.ARTEFACTS.names())
    True
    >>> rb.BASELINES.get("background").digest
    'background 1'
    """

    def __init__(self, package: str, noun: str, contract: type = object, group: str = "") -> None:
        self.package = package
        self.noun = noun
        self.contract = contract
        self.group = group
        self._home = package.partition(".")[0]
        self._entries: dict[str, T] = {}
        self._origins: dict[str, Origin | None] = {}
        self._sources: dict[str, str] = {}  # as the classes were loaded: a file may change afterwards
        self._failures: list[FailedPlugin] = []
        self._loading: Origin | None = None  # of the entry point that is being loaded
        self._discovered = self._discovering = False
        self._lock = threading.RLock()

    def register(self, cls: C) -> C:
        """Class decorator: make one object of ``cls`` known under its ``name``.

        Raises
        ------
        PluginError
            If it is no subclass of the contract, or lacks an attribute or a method that the contract declares.
        DuplicateNameError
            If another class has that name. A class that was typed in (it has no source file) may be defined again.
        """
        ours = cls.__module__.partition(".")[0] == self._home
        origin = None if ours else self._loading or origin_of_module(cls.__module__)
        if origin:
            self._import_modules()  # a name of ours is taken, whichever module is imported first
        entry = self._create(cls)
        if entry.name in self._entries:
            other = type(self._entries[entry.name])
            typed_again = origin and not origin.version and _path_of(other) == _path_of(cls)
            if not typed_again:
                raise DuplicateNameError(
                    f"{self.noun} {entry.name!r} is registered twice: by {_path_of(other)} "
                    f"({self._origins[entry.name] or self._home}) and by {_path_of(cls)} ({origin or self._home}); "
                    "give one of them another name"
                )
        self._entries[entry.name], self._origins[entry.name] = entry, origin
        self._sources[entry.name] = code_digest(cls) if origin else ""
        return cls

    def get(self, name: str) -> T:
        """The entry called ``name``.

        Raises
        ------
        UnknownNameError
            If there is none; the message lists those there are, and the plug-ins that failed.
        """
        self._discover()
        if name not in self._entries:
            failed = "; could not be loaded: " + "; ".join(map(str, self._failures)) if self._failures else ""
            raise UnknownNameError(unknown(name, self.noun, self.names()) + failed)
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

    def origin(self, name: str) -> Origin | None:
        """Where the entry called ``name`` comes from; None for one of our own.

        Raises
        ------
        UnknownNameError
            If there is no such entry.
        """
        self.get(name)
        return self._origins[name]

    def source(self, name: str) -> str:
        """Digest of the code of an entry from outside, as it was loaded; empty for one of our own.

        What was typed in, and has no file, may use values that were typed later: its code is looked at again.

        Raises
        ------
        UnknownNameError
            If there is no such entry.
        """
        origin = self.origin(name)
        if origin and not origin.version:
            return code_digest(type(self._entries[name]))
        return self._sources[name]

    def qualified_name(self, name: str) -> str:
        """The name, with origin and code of an entry from outside: ``fading [robustbench-fading 0.1.0, code 01ab…]``.

        Names of our own, and names of no entry, stay as they are. Same name, same numbers: the record cache relies
        on it.
        """
        origin = self.origin(name) if name in self else None
        return f"{name} [{origin}, code {self.source(name)}]" if origin else name

    @property
    def failures(self) -> tuple[FailedPlugin, ...]:
        """The entry points that could not be used, in the order of their names."""
        self._discover()
        return tuple(self._failures)

    def _create(self, cls: type) -> T:
        if self.contract not in cls.__mro__:
            raise PluginError(f"{_path_of(cls)}: every {self.noun} subclasses {_path_of(self.contract)}; this does not")
        abstract = set(getattr(cls, "__abstractmethods__", ()))
        entry: Any = cls if abstract else cls()
        declared = {name for base in cls.__mro__ for name in vars(base).get("__annotations__", {})}
        missing = abstract | {name for name in declared | {"name"} if not hasattr(entry, name)}
        if missing:
            raise PluginError(f"{_path_of(cls)}: {self.noun} without {', '.join(sorted(missing))}; see its Protocol")
        if not is_printable(entry.name):
            raise PluginError(f"{_path_of(cls)}: the name {entry.name!r} has control characters; give it another one")
        whole: T = entry
        return whole

    def _discover(self) -> None:
        if self._discovered:
            return
        with self._lock:
            if self._discovered or self._discovering:  # a plug-in looks others up while it is imported
                return
            self._discovering = True
            try:
                self._import_modules()
                self._load_entry_points()
                self._discovered = True
            finally:
                self._discovering = False
        for failure in self._failures:
            words = f"{failure} cannot be loaded and is left out; update or uninstall {failure.origin.distribution}"
            warnings.warn(f"{self.noun} {words}", PluginWarning, stacklevel=2)

    def _import_modules(self) -> None:
        _import_all(self.package)

    def _load_entry_points(self) -> None:
        self._failures = []
        points = entry_points(group=self.group) if self.group else ()
        for point in sorted(points, key=lambda point: (point.name, point.value)):
            self._loading = origin_of_entry_point(point)
            before = dict(self._entries), dict(self._origins)
            try:
                self._load(point, self._loading)
            except (Exception, SystemExit) as error:  # third-party code: whatever it raises, the others go on
                self._entries, self._origins = before
                words = " ".join(f"{type(error).__name__}: {error}".split())
                self._failures.append(FailedPlugin(point.name, self._loading, words))
            finally:
                self._loading = None

    def _load(self, point: EntryPoint, origin: Origin) -> None:
        """Register what an entry point names: a class, or whatever its module registers as it is imported."""
        before, loaded = set(self._entries), point.load()
        if isinstance(loaded, type) and not any(type(entry) is loaded for entry in self._entries.values()):
            self.register(loaded)
        known = {name for name, entry in self._entries.items() if _is_of(type(entry), loaded, point.module)}
        names = known | (self._entries.keys() - before)  # known: it may have been imported before, by a conftest
        if not names:
            raise PluginError(f"{point.value} registers no {self.noun}; name its class, as in package.module:Class")
        self._origins.update(dict.fromkeys(names, origin))


def describe_origins(*registries: Registry[Any]) -> dict[str, str]:
    """The plug-ins from outside, such as ``{"artefact fading": "robustbench-fading 0.1.0"}``; see `Origin`."""
    found = {f"{one.noun} {name}": one.origin(name) for one in registries for name in one.names()}
    return {name: str(origin) for name, origin in found.items() if origin}


def describe_sources(*registries: Registry[Any]) -> dict[str, str]:
    """The code of the plug-ins from outside, such as ``{"artefact fading": "01ab23…"}``; see `Registry.source`."""
    found = {f"{one.noun} {name}": one.source(name) for one in registries for name in one.names()}
    return {name: source for name, source in found.items() if source}


def _import_all(package: str) -> None:
    """Import the modules of a package and of the packages within it, without those of a leading underscore."""
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue
        if module.ispkg:
            _import_all(module.name)
        else:
            importlib.import_module(module.name)


def _path_of(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _is_of(cls: type, loaded: object, module: str) -> bool:
    """Whether a class is what an entry point loaded, or is defined within the module that it loaded."""
    return cls is loaded if isinstance(loaded, type) else f"{cls.__module__}.".startswith(f"{module}.")
