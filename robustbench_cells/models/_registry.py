"""What a model format is, and the registry of them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from robustbench_cells.registry import Registry
from robustbench_cells.types import Segmenter


class ModelFormat(Protocol):
    """A kind of model file. One class a file; its library is imported only in `load`.

    Attributes
    ----------
    name
        In `list`.
    suffixes
        Endings of the file names that it takes.
    """

    name: str
    suffixes: tuple[str, ...]

    def load(self, path: Path) -> Segmenter:
        """The segmenter in a file, called by the file's stem.

        Raises
        ------
        ModelError
            If the file is damaged, or the model does not segment one grey channel.
        """
        ...


FORMATS: Registry[ModelFormat] = Registry("robustbench_cells.models", "model format")
