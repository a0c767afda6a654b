"""What an export is, and the registry of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from robustbench_cells.models.runtimes.keras import KerasSegmenter
from robustbench_cells.registry import Registry


class Export(Protocol):
    """A form that a model is written in for other programs. One class a file.

    Attributes
    ----------
    name
        For ``--to``.
    suffix
        Of the file that is written.
    extra
        The extra of this package that brings the libraries that are needed (`models.extras`).
    """

    name: str
    suffix: str
    extra: str = "export"

    @abstractmethod
    def write(self, segmenter: KerasSegmenter, card: Mapping[str, Any], path: Path) -> None:
        """Write a model of ours to ``path``.

        Parameters
        ----------
        segmenter
            The model.
        card
            Its card.
        path
            To write to, which is not there.

        Raises
        ------
        ModelError
            If this model cannot be written.
        """
        ...


EXPORTS: Registry[Export] = Registry("robustbench_cells.models.exports", "export", Export, "robustbench_cells.exports")
