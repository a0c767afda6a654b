"""Contract and registry of export targets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from robustbench_cells.models.runtimes.keras import KerasSegmenter
from robustbench_cells.registry import Registry


class Export(Protocol):
    """A format that models are exported to for other programs: one class per file.

    Attributes
    ----------
    name
        Value of ``--to``.
    suffix
        Suffix of the exported file.
    extra
        Extra of this package that installs the required libraries (`models.extras`).
    """

    name: str
    suffix: str
    extra: str = "export"

    @abstractmethod
    def write(self, segmenter: KerasSegmenter, card: Mapping[str, Any], path: Path) -> None:
        """Write a model to ``path``.

        Parameters
        ----------
        segmenter
            Model to export.
        card
            Content of its card.
        path
            Path of the new file.

        Raises
        ------
        ModelError
            If this model cannot be written.
        """
        ...


EXPORTS: Registry[Export] = Registry("robustbench_cells.models.exports", "export", Export, "robustbench_cells.exports")
