"""The values of ``--rb-artefact``."""

from __future__ import annotations

import pytest


def parse_grid(texts: list[str]) -> dict[str, list[float] | None]:
    """Intensities of each artefact, None for those of the profile; a mistake raises a `UsageError`."""
    grid: dict[str, list[float] | None] = {}
    for text in texts:
        name, given, levels = text.partition("=")
        if name in grid:
            raise pytest.UsageError(f"--rb-artefact {name}: is given twice; list all its intensities at once")
        try:
            grid[name] = [float(level) for level in levels.split(",")] if given else None
        except ValueError as error:
            raise pytest.UsageError(
                f"--rb-artefact {text}: intensities are numbers with commas between, as in {name or 'noise'}=5,15,25"
            ) from error
    return grid
