"""What a kind of data set is, and the registry of them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from robustbench_cells.registry import Registry
from robustbench_cells.types import Dataset


class DatasetSource(Protocol):
    """A kind of data set: knows its own layout and opens it.

    Attributes
    ----------
    name
        In `list`.
    layout
        What it looks like on disk, in one line.
    splits
        How splits are named, for help texts.
    """

    name: str
    layout: str
    splits: str

    @abstractmethod
    def recognises(self, where: str) -> bool:
        """Whether ``where`` (a name or a folder) is of this kind; looks, and reads no image."""
        ...

    @abstractmethod
    def open(self, where: str, split: str | None, white_level: int | None) -> Dataset:
        """The data set at ``where``.

        Raises
        ------
        DataError
            If the folder is not usable; the message names the file and the remedy.
        """
        ...


SOURCES: Registry[DatasetSource] = Registry(
    "robustbench_cells.datasets.sources", "kind of data set", DatasetSource, "robustbench_cells.datasets"
)
