"""What a report output is, and the registry of them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from robustbench_cells.registry import Registry
from robustbench_cells.results import Results


class ReportOutput(Protocol):
    """A file that is made from stored results. One class a file.

    Attributes
    ----------
    name
        Of the file.
    """

    name: str

    def write(self, results: Results, path: Path) -> None:
        """Write the file, atomically."""
        ...


OUTPUTS: Registry[ReportOutput] = Registry("robustbench_cells.reporting", "report output")


def write_reports(results: Results, folder: Path) -> list[Path]:
    """Write every report output into a folder; returns the files."""
    paths = []
    for output in OUTPUTS:
        output.write(results, folder / output.name)
        paths.append(folder / output.name)
    return paths
