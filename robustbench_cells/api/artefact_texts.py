"""Artefacts and intensities as options name them: ``noise=5,15,25``, or ``noise`` alone."""

from __future__ import annotations

from collections.abc import Iterable

from robustbench_cells.errors import GridError


def parse_grid(texts: Iterable[str], option: str) -> dict[str, list[float] | None]:
    """Intensities of each artefact, None for those of the profile.

    Parameters
    ----------
    texts
        One for each artefact.
    option
        Name of the option, for messages.

    Raises
    ------
    GridError
        If an artefact is given twice, or an intensity is no number.
    """
    grid: dict[str, list[float] | None] = {}
    for text in texts:
        name, given, levels = text.partition("=")
        if name in grid:
            raise GridError(f"{option} {name}: is given twice; list all its intensities at once")
        try:
            grid[name] = [float(level) for level in levels.split(",")] if given else None
        except ValueError as error:
            raise GridError(
                f"{option} {text}: intensities are numbers with commas between, as in {name or 'noise'}=5,15,25"
            ) from error
    return grid
