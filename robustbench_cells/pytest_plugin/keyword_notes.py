"""What ``-k`` selected of the grid, where that may not be what was meant: pytest looks for parts of names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from robustbench_cells.pytest_plugin.families import families_by_condition
from robustbench_cells.pytest_plugin.grid_tests import make_id

if TYPE_CHECKING:
    from robustbench_cells.api.request import Request

_WORD = re.compile(r"(?!(?:and|or|not)\b)[^\s()]+")  # of an expression of -k
_LEVEL = re.compile(r"-(?=-?[\d.]+(?:e[+-]\d+)?$)")  # what comes before the intensity, which may be below 0
_MOST_NAMED = 5


def note_on_nothing(keyword: str, request: Request) -> str:
    """Name what could have been selected, where nothing was."""
    from robustbench_cells.engine.grid import profile_grid

    families = sorted({family for known in families_by_condition(request).values() for family in known})
    return "; ".join(
        [
            f"-k {keyword!r} selects no test of the grid",
            *_notes_on_the_rest(keyword, request),
            f"artefacts: clean, {', '.join(profile_grid(request.profile, request.own_artefacts))}",
            f"models: {', '.join(request.sources)}",
            f"families: {', '.join(families)}",
            "an intensity of its own: --rb-artefact=NAME=INTENSITY",
        ]
    )


def selection_notes(keyword: str, request: Request, wanted: Mapping[str, Sequence[str]]) -> list[str]:
    """What may surprise of the tests that were selected.

    Parameters
    ----------
    keyword
        Expression of ``-k``; may be empty.
    request
        What the options ask for.
    wanted
        Names of the segmenters under each selected condition.
    """
    if not keyword:
        return []
    families = families_by_condition(request)
    return [
        *notes_on_more(keyword, list(wanted)),
        *notes_on_families(keyword, wanted, families),
        *_notes_on_the_rest(keyword, request),
    ]


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
    for word in _words(keyword):
        for name in (one for one in selected if "-" in one and word.endswith(one.lower())):
            if more := [other for other in selected if other != name and name.lower() in other.lower()]:
                notes.append(
                    f"-k {word} selects {', '.join(more)} too, since -k looks for parts of names; "
                    f"--rb-artefact={_LEVEL.sub('=', name, count=1)} runs {name} and clean alone"
                )
    return notes


def notes_on_families(keyword: str, wanted: Mapping[str, Sequence[str]], families: Mapping[str, set[str]]) -> list[str]:
    """Name the tests that the name of a family selects beside the family, as ``light`` does those of ``light_unet``.

    Parameters
    ----------
    keyword
        Expression of ``-k``.
    wanted
        Names of the segmenters under each selected condition.
    families
        Families of each condition of the grid.
    """
    notes = []
    known = {family for own in families.values() for family in own}
    for word in known.intersection(_words(keyword)):
        names = [
            make_id((one, model)) for one, models in wanted.items() if word not in families[one] for model in models
        ]
        if more := [name for name in names if word in name.lower()]:
            rest = f" and {len(more) - _MOST_NAMED} more" if len(more) > _MOST_NAMED else ""
            notes.append(
                f"-k {word} selects the family {word}, and {', '.join(more[:_MOST_NAMED])}{rest} too, since -k looks "
                "for parts of names"
            )
    return notes


def _notes_on_the_rest(keyword: str, request: Request) -> Iterator[str]:
    """Name the artefacts and families that are in another profile alone."""
    from robustbench_cells.artefacts import ARTEFACTS

    here = {condition.artefact_name for condition in request.conditions}
    here = here.union(*families_by_condition(request).values())
    for word in _words(keyword):
        if any(word in (artefact.name, artefact.family) for artefact in ARTEFACTS) and word not in here:
            yield f"-k {word}: this grid does not have it; --rb-profile=full does"


def _words(keyword: str) -> list[str]:
    return list(dict.fromkeys(word.lower() for word in _WORD.findall(keyword)))
