"""A plug-in of pytest for runs whose figures nobody looks at: drawing them takes longer than all the rest."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from robustbench_cells.reporting.outputs.figures import Figures
from robustbench_cells.reporting.report import Report


def draw_nothing(figures: Figures, report: Report, path: Path) -> None:
    """Take the place of `Figures.write`."""


_drawing = patch.object(Figures, "write", draw_nothing)


def pytest_configure() -> None:
    """Figures are not drawn from now on…"""
    _drawing.start()


def pytest_unconfigure() -> None:
    """… until the run ends: the process may be that of other tests."""
    _drawing.stop()
