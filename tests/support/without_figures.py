"""A plug-in of pytest for runs whose figures nobody looks at: drawing them takes longer than all the rest."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.reporting.outputs.figures import Figures
from robustbench_cells.reporting.report import Report


def draw_nothing(figures: Figures, report: Report, path: Path) -> None:
    """Take the place of `Figures.write`."""


Figures.write = draw_nothing
