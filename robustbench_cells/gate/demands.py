"""What must not get worse, and by how much it may: from the options of a run, or by default.

By default every axis is compared (``area``), with a guard behind it: no single condition may fall by surely more than
0.05 Jaccard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import numpy as np

from robustbench_cells.errors import GateError
from robustbench_cells.gate.criteria import CRITERIA, Criterion
from robustbench_cells.types import CLEAN

ALONE = "condition"  # in place of a criterion: each condition's Jaccard score, and no axis
_AXES, _CONDITIONS = "area", "jaccard"
_GUARD_TOLERANCE = 0.05
_FORM = "CRITERION[:ARTEFACT][=TOLERANCE]"


@dataclass(frozen=True, eq=False)
class Demand:
    """A criterion, and by how much it may get worse.

    Attributes
    ----------
    criterion
        What is compared.
    tolerance
        Largest tolerated deterioration, in the criterion's unit.
    of_artefact
        The same for single artefacts, or ``clean``.
    is_guard
        Whether only what is significantly worse counts: an interval that crosses the tolerance is no obstacle.
    by_retraining
        Whether a loss is also compared with what another seed of the recipe gives, where that is known.
    """

    criterion: Criterion
    tolerance: float
    of_artefact: Mapping[str, float] = field(default_factory=dict)
    is_guard: bool = False
    by_retraining: bool = False

    def tolerance_for(self, artefact: str) -> float:
        """The tolerance for an artefact, or ``clean``."""
        return self.of_artefact.get(artefact, self.tolerance)

    def problems(self, artefacts: Iterable[str]) -> Iterator[str]:
        """Report tolerances that mean nothing, on a grid with these artefacts."""
        name, known = self.criterion.name, {CLEAN, *artefacts}
        yield from tolerance_problems(name, self.tolerance)
        for artefact, tolerance in self.of_artefact.items():
            yield from tolerance_problems(name, tolerance, f"{name}:{artefact}")
            if artefact not in known:
                yield f"{name}:{artefact}: the grid has no {artefact} (but {', '.join(sorted(known))})"


def default_demands() -> list[Demand]:
    """Every axis within its tolerance, and the guard behind them."""
    guard = Demand(CRITERIA.get(_CONDITIONS), _GUARD_TOLERANCE, is_guard=True, by_retraining=True)
    return [_demand(_AXES), guard]


def make_demands(tolerances: Mapping[str, float]) -> list[Demand]:
    """Exactly these criteria, from their tolerances: each of them by ``CRITERION`` or ``CRITERION:ARTEFACT``."""
    demands: dict[str, Demand] = {}
    for text, tolerance in tolerances.items():
        _set(demands, *_split(text), tolerance)
    return list(demands.values())


def parse_demands(texts: Sequence[str]) -> list[Demand]:
    """The default demands, changed and added to by texts ``CRITERION[:ARTEFACT][=TOLERANCE]``.

    ``jaccard`` replaces the guard; ``condition`` stands for the Jaccard score of each condition in place of the axes
    and the guard.

    Raises
    ------
    GateError
        If a text is malformed, or two of them are about the same.
    """
    parsed: dict[tuple[str, str], tuple[str, float | None]] = {}
    for text in texts:
        key, value = _parse(text)
        if key in parsed:
            raise GateError(f"{':'.join(filter(None, key))}: more than one tolerance is given")
        parsed[key] = (text, value)
    alone = {key: parsed.pop(key) for key in list(parsed) if key[0] == ALONE}
    if alone and any(name == _CONDITIONS for name, _ in parsed):
        raise GateError(f"{ALONE} and {_CONDITIONS}: both are about the Jaccard score of each condition; give one")
    demands = {} if alone else {one.criterion.name: one for one in default_demands()}
    for (name, artefact), (text, value) in (alone | parsed).items():
        criterion = CRITERIA.get(_CONDITIONS if name == ALONE else name)
        if artefact and value is None:
            raise GateError(f"{text}: give its tolerance, as in {text}={criterion.tolerance:g}")
        _set(demands, criterion.name, artefact, criterion.tolerance if value is None else value)
    return list(demands.values())


def tolerance_problems(name: str, tolerance: Any, shown: str = "") -> Iterator[str]:
    """Report a tolerance that means nothing, or at which a criterion would judge nothing."""
    criterion, shown = CRITERIA.get(name), shown or name
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float | np.floating | np.integer):
        yield f"the tolerance of {shown} is {tolerance!r}; it must be a number, such as {criterion.tolerance:g}"
    elif not 0 <= tolerance < inf:
        yield f"the tolerance of {shown} is {tolerance:g}; it must be finite and 0 or more"
    elif tolerance >= criterion.worst:
        yield (
            f"the tolerance of {shown} is {tolerance:g} {criterion.unit}, which any model would meet; it must be below "
            f"{criterion.worst:g} (the default is {criterion.tolerance:g})"
        )


def _demand(name: str) -> Demand:
    """A criterion with its own tolerance."""
    criterion = CRITERIA.get(name)
    return Demand(criterion, criterion.tolerance, by_retraining=name == _AXES)


def _set(demands: dict[str, Demand], name: str, artefact: str, tolerance: float) -> None:
    """Set the tolerance of a criterion, which is no guard then, or of one artefact."""
    if artefact:
        demand = demands.get(name, _demand(name))
        demands[name] = replace(demand, of_artefact={**demand.of_artefact, artefact: tolerance})
    else:
        of_artefact = demands[name].of_artefact if name in demands else {}
        demands[name] = replace(_demand(name), tolerance=tolerance, of_artefact=of_artefact)


def _parse(text: str) -> tuple[tuple[str, str], float | None]:
    """Criterion and artefact, and the tolerance if there is one."""
    subject, given, value = text.partition("=")
    name, artefact = _split(subject)
    if name != ALONE:
        CRITERIA.get(name)
    if subject.endswith(":"):
        raise GateError(f"{text}: no artefact is named; write {_FORM}")
    try:
        return (name, artefact), float(value) if given else None
    except ValueError as error:
        example = "0.01" if name == ALONE else f"{CRITERIA.get(name).tolerance:g}"
        raise GateError(f"{text}: the tolerance of {subject} must be a number, as in {subject}={example}") from error


def _split(subject: str) -> tuple[str, str]:
    name, _, artefact = subject.partition(":")
    return name, artefact
