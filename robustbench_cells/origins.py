"""Where a plug-in comes from: an installed distribution, or a file of its own."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, distribution, packages_distributions
from pathlib import Path

_HASH_LENGTH = 16  # hexadecimal digits


@dataclass(frozen=True)
class Origin:
    """Where a plug-in comes from.

    Attributes
    ----------
    distribution
        Name of the installed distribution; of a plug-in that belongs to none (a ``conftest.py``, a script, a notebook),
        the name of its module.
    version
        Version of the distribution; without one, the first 16 hexadecimal digits of the SHA-256 of the source file, or
        empty where there is no file.
    """

    distribution: str
    version: str

    def __str__(self) -> str:
        """As in messages and tables: ``robustbench-fading 0.1.0``."""
        return f"{self.distribution} {self.version}".strip()


def origin_of_entry_point(point: EntryPoint) -> Origin:
    """The distribution of an entry point; what its metadata lack is left empty."""
    if point.dist is None:
        return Origin(point.module, "")
    return Origin(point.dist.name or point.module, point.dist.version or "")


def origin_of_module(module: str) -> Origin:
    """The distribution that installed a module, or the module itself with a hash of its source file."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return Origin(module, "")
    for name in _distributions().get(module.partition(".")[0], ()):
        found = distribution(name)
        if any(Path(str(found.locate_file(part))) == Path(file) for part in found.files or ()):
            return Origin(found.name, found.version)
    try:
        return Origin(module, hashlib.sha256(Path(file).read_bytes()).hexdigest()[:_HASH_LENGTH])
    except OSError:  # in a zip file
        return Origin(module, "")


@cache
def _distributions() -> Mapping[str, Sequence[str]]:
    """Names of the installed distributions, by the top-level modules that they provide."""
    return packages_distributions()
