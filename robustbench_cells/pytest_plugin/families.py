"""Families of artefacts as words of ``-k``: ``-k optics`` selects every artefact of the optics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from robustbench_cells.api.request import Request
    from robustbench_cells.engine.condition import Condition
    from robustbench_cells.pytest_plugin.grid_tests import GridKey


class FamilyKeywords:
    """Gives each test of the grid the families of its condition as keywords, which need no marker.

    Parameters
    ----------
    fixture
        Name of the fixture that makes a test one of the grid.
    grid
        The run of the grid.
    """

    def __init__(self, fixture: str, grid: Any) -> None:
        self._fixture = fixture
        self._grid = grid
        self._families: dict[str, set[str]] = {}

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Add them before pytest selects by ``-k``."""
        call: Any = getattr(item, "callspec", None)
        key: GridKey | None = call.params.get(self._fixture) if call else None
        if key is None or self._grid.mistake is not None:
            return
        self._families = self._families or families_by_condition(self._grid.request())
        item.extra_keyword_matches |= self._families[key[0]]


def families_by_condition(request: Request) -> dict[str, set[str]]:
    """The families of each condition of the grid, by its name; none for clean."""
    return {condition.name: _families(condition) for condition in request.conditions}


def _families(condition: Condition) -> set[str]:
    """The family of its artefact, and of each part of a combined one."""
    if condition.artefact is None:
        return set()
    parts = condition.artefact.steps(condition.intensity)
    return {condition.artefact.family, *(part.family for part, _ in parts)}
