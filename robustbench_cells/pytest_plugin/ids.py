"""Test ids of the grid, and back from an id to its segmenter and condition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from robustbench_cells.pytest_plugin.options import settings_of

if TYPE_CHECKING:
    from robustbench_cells.engine.condition import Condition

    GridCell = tuple[Condition, str]


LIKE_A_GRID_ID = re.compile(r"\[.*-(clean|\w+-\d).*\]$|\[NOTSET\]$")  # a test's id in the grid, or in an empty one


def whole_grid(config: pytest.Config) -> list[GridCell]:
    """Every condition with every segmenter; a mistake in the options raises a `UsageError`."""
    from robustbench_cells.engine.grid import grid, profile_of
    from robustbench_cells.errors import RobustbenchError
    from robustbench_cells.models.loading import segmenter_sources

    try:
        settings = settings_of(config)
        conditions, names = grid(profile_of(settings)), list(segmenter_sources(settings.models))
    except RobustbenchError as error:
        raise pytest.UsageError(str(error)) from error
    return [(condition, name) for condition in conditions for name in names]


def case_id(condition: Condition, name: str) -> str:
    """The id of a test, such as ``unet_original-noise-50``."""
    return f"{name}-{condition.name}"


def _ascii(text: str) -> str:
    """As pytest writes ids, unless it is told not to."""
    return text.encode("ascii", "backslashreplace").decode()


def case_of(test: str, cases: Mapping[str, GridCell]) -> GridCell | None:
    """The case that a test's id is of; other parameters may stand before it and after it."""
    parameters = _ascii(f"-{test.partition('[')[2].removesuffix(']')}-")
    found = max((one for one in cases if _ascii(f"-{one}-") in parameters), key=len, default=None)
    return None if found is None else cases[found]
