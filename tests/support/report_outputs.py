"""Single report outputs."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.reporting.outputs import OUTPUTS
from robustbench_cells.reporting.report import Report


def write_output(name: str, report: Report, folder: Path) -> str:
    """Write a single output and read its text."""
    OUTPUTS.get(name).write(report, folder / name)
    return (folder / name).read_text()
