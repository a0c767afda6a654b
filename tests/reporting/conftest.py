"""Reports without what takes longest to write."""

from __future__ import annotations

import pytest

from robustbench_cells.reporting.outputs.figures import Figures


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports have no figures, which take seconds to draw."""
    monkeypatch.setattr(Figures, "write", lambda *_: None)
