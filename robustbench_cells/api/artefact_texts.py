"""Artefacts and intensities as options name them: ``noise=5,15,25``, ``noise`` alone, or ``vignetting=40+noise``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from robustbench_cells.engine.together import Together
from robustbench_cells.errors import GridError

_PLUS = re.compile(r"(?<![\d.][eE])\+")  # not that of 1e+06
_PAIR = "vignetting=40+shot_noise"


def parse_grid(texts: Iterable[str], option: str) -> dict[str, tuple[float, ...] | None]:
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
    grid: dict[str, tuple[float, ...] | None] = {}
    for text in texts:
        name, levels = _parse_artefact(text, f"{option} {text}")
        if name in grid:
            raise GridError(f"{option} {name}: is given twice; list all its intensities at once")
        grid[name] = levels
    return grid


def parse_together(texts: Iterable[str] | str, option: str) -> tuple[Together, ...]:
    """Two artefacts at once, one of them at one intensity: ``vignetting=40+shot_noise``.

    The other one has several intensities, or none for those of the profile.

    Parameters
    ----------
    texts
        One for each pair, or a single one.
    option
        Name of the option, for messages.

    Raises
    ------
    GridError
        If it is no such pair.
    """
    return tuple(_parse_pair(text, f"{option} {text}") for text in ([texts] if isinstance(texts, str) else texts))


def add_together(
    artefacts: Mapping[str, Sequence[float] | None], together: Iterable[Together]
) -> dict[str, Sequence[float] | None]:
    """The artefacts that were chosen, and what is to act together; nothing where the whole grid was asked for."""
    return {**artefacts, **{pair.name: artefacts.get(pair.name) for pair in together}} if artefacts else {}


def _parse_pair(text: str, given: str) -> Together:
    parts = _PLUS.split(text) if isinstance(text, str) else []
    if len(parts) != 2 or not all(parts):
        raise GridError(f"{given}: two artefacts with a + between are needed, as in {_PAIR}")
    (first, first_levels), (second, second_levels) = (_parse_artefact(part, given) for part in parts)
    fixed = [levels[0] for levels in (first_levels, second_levels) if levels is not None and len(levels) == 1]
    if len(fixed) > 1:
        raise GridError(
            f"{given}: both are fixed; leave out the intensity of the one to sweep, or give it several, as in {_PAIR}"
        )
    if not fixed:
        raise GridError(f"{given}: both are swept; fix one of them at one intensity, as in {_PAIR}")
    if first_levels is not None and len(first_levels) == 1:
        return Together(first, second, fixed[0], "second", second_levels)
    return Together(first, second, fixed[0], "first", first_levels)


def _parse_artefact(text: str, given: str) -> tuple[str, tuple[float, ...] | None]:
    name, has_levels, levels = text.partition("=")
    try:
        return name, tuple(float(level) for level in levels.split(",")) if has_levels else None
    except ValueError as error:
        raise GridError(
            f"{given}: intensities are numbers with commas between, as in {name or 'noise'}=5,15,25"
        ) from error
