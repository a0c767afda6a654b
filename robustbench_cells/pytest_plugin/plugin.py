"""The pytest plugin: the fixture ``rb_outcome`` and its parametrisation.

A test that takes ``rb_outcome`` runs once for each segmenter and condition of the grid. Nothing but pytest is imported
until there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from robustbench_cells.pytest_plugin.families import FamilyKeywords
from robustbench_cells.pytest_plugin.grid_run import FIXTURE, GridRun
from robustbench_cells.pytest_plugin.grid_tests import GridKey, make_id
from robustbench_cells.pytest_plugin.options import add_options

if TYPE_CHECKING:
    from robustbench_cells.engine.evaluate import Outcome

_GRID = "robustbench_cells-grid"


def pytest_addoption(parser: pytest.Parser) -> None:
    """See `options`."""
    add_options(parser)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each segmenter and condition, with ids such as ``unet_original-noise-50``."""
    if FIXTURE not in metafunc.fixturenames:
        return
    grid: Any = metafunc.config.pluginmanager.get_plugin(_GRID)
    keys: list[GridKey] = []
    try:
        keys = grid.keys()
    except pytest.UsageError as error:
        grid.mistake = error  # an exception here would be reported as one of the test file
    metafunc.parametrize(FIXTURE, keys, indirect=True, ids=[make_id(key) for key in keys])


@pytest.fixture
def rb_outcome(request: pytest.FixtureRequest) -> Outcome:
    """The result of one segmenter under one condition: records, problems, error (`engine.evaluate.Outcome`)."""
    grid: Any = request.config.pluginmanager.get_plugin(_GRID)
    return grid.outcome(*request.param)


def pytest_configure(config: pytest.Config) -> None:
    """Register what a run of the grid has to remember as a plugin of its own."""
    grid = GridRun(config)
    config.pluginmanager.register(grid, _GRID)
    config.pluginmanager.register(FamilyKeywords(FIXTURE, grid), f"{_GRID}-families")
