"""What a kind of input is, and the registry of them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from robustbench_cells.registry import Registry

Files = dict[str, bytes]  # content by path in a folder


class Kind(Protocol):
    """A kind of input: how sound files of it are made, and what loads them. One class a file.

    Attributes
    ----------
    name
        Of the option ``--kind``.
    share
        How many files of it, compared with other kinds.
    seconds, mebibytes
        That loading one may take; the memory is what the process grows by.
    batch
        Files that one process loads.
    """

    name: str
    share: int
    seconds: float = 60
    mebibytes: int = 1024
    batch: int = 400

    def write(self, folder: Path) -> None:
        """Sound inputs, each in a folder of its own within ``folder``, made by the format's own library."""
        ...

    def load(self, folder: Path) -> object:
        """Load what is in such a folder, sound or not, as a user would."""
        ...

    def mend(self, files: Files) -> None:
        """Make checksums right again in damaged files, so that what lies behind them is looked at as well."""


KINDS: Registry[Kind] = Registry("tests.fuzz.kinds", "kind of input", Kind)
