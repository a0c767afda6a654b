"""Contract and registry of report outputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from robustbench_cells.errors import ResultsError
from robustbench_cells.registry import Registry
from robustbench_cells.reporting.report import Report


class ReportOutput(Protocol):
    """A file, or a folder of files, written from stored results: one class per file.

    Attributes
    ----------
    name
        Name of the file or folder.
    """

    name: str

    @abstractmethod
    def write(self, report: Report, path: Path) -> None:
        """Write the file, or each file, atomically."""
        ...


OUTPUTS: Registry[ReportOutput] = Registry(
    "robustbench_cells.reporting.outputs", "report output", ReportOutput, "robustbench_cells.report_outputs"
)


def write_reports(report: Report, folder: Path, on_written: Callable[[Path], None] = lambda path: None) -> list[Path]:
    """Write every report output into a folder.

    Parameters
    ----------
    report
        Results, and what is reported with them.
    folder
        Folder for the outputs; created if it does not exist.
    on_written
        Called with each file or folder as soon as it is written.

    Returns
    -------
    list
        Files and folders that were written.

    Raises
    ------
    ResultsError
        If an output could not be written: all others are, and a file of an earlier report is not left in its place.
    """
    paths, failures = [], []
    for output in OUTPUTS:
        try:
            output.write(report, folder / output.name)
        except Exception as error:  # an output may be third-party code; the others are written all the same
            failures.append(f"{folder / output.name}: {type(error).__name__}: {error}")
            if (folder / output.name).is_file():
                (folder / output.name).unlink()
        else:
            if (folder / output.name).exists():  # an output may have nothing to show
                paths.append(folder / output.name)
                on_written(paths[-1])
    if failures:
        raise ResultsError(f"not all reports could be written: {'; '.join(failures)}")
    return paths
