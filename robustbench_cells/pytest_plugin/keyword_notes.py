"""What ``-k`` selected of the grid, where that may not be what was meant: pytest looks for parts of names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from robustbench_cells.api.request import Request

_WORD = re.compile(r"(?!(?:and|or|not)\b)[^\s()]+")  # of an expression of -k
_LEVEL = re.compile(r"-(?=-?[\d.]+(?:e[+-]\d+)?$)")  # what comes before the intensity, which may be below 0


def note_on_nothing(keyword: str, request: Request) -> str:
    """Name what could have been selected, where nothing was."""
    from robustbench_cells.engine.grid import profile_grid

    return (
        f"-k {keyword!r} selects no test of the grid; artefacts: clean, {', '.join(profile_grid(request.profile))}; "
        f"models: {', '.join(request.sources)}; an intensity of its own: --rb-artefact=NAME=INTENSITY"
    )


def notes_on_more(keyword: str, selected: Sequence[str]) -> list[str]:
    """Name the conditions that a condition's name selects beside it, as ``noise-10`` does ``noise-100``.

    Parameters
    ----------
    keyword
        Expression of ``-k``.
    selected
        Names of the conditions that were selected.
    """
    notes = []
    for word in dict.fromkeys(_WORD.findall(keyword)):
        for name in (one for one in selected if "-" in one and word.lower().endswith(one.lower())):
            if more := [other for other in selected if other != name and name.lower() in other.lower()]:
                notes.append(
                    f"-k {word} selects {', '.join(more)} too, since -k looks for parts of names; "
                    f"--rb-artefact={_LEVEL.sub('=', name, count=1)} runs {name} and clean alone"
                )
    return notes
