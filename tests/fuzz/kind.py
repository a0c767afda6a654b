"""Contract and registry of kinds of input."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from robustbench_cells.registry import Registry

Files = dict[str, bytes]  # content by relative path


class Kind(Protocol):
    """A kind of input, its valid files and its loader: one class per file.

    Attributes
    ----------
    name
        Value of the option ``--kind``.
    share
        Weight in the number of files, relative to other kinds.
    seconds, mebibytes
        Limits on time and memory growth per input.
    batch
        Number of inputs per process.
    """

    name: str
    share: int
    seconds: float = 60
    mebibytes: int = 1024
    batch: int = 400

    def write(self, folder: Path) -> None:
        """Write valid inputs, each to its own folder in ``folder``, by the format's own library."""
        ...

    def load(self, folder: Path) -> object:
        """Load such a folder, valid or damaged, as a user would."""
        ...

    def mend(self, files: Files) -> None:
        """Correct the checksums of damaged files, so that the content behind them is reached as well."""


KINDS: Registry[Kind] = Registry("tests.fuzz.kinds", "kind of input", Kind)
