"""The table for the terminal."""

from __future__ import annotations

from robustbench_cells.reporting.terminal import terminal_table
from tests.support.tiny_results import RESULTS


def test_the_table_names_conditions() -> None:
    table = terminal_table(RESULTS)
    assert "noise 50" in table
    assert "clean" in table
    assert "0.700" in table
