"""A gate's verdict as the page shows it, and as ``gate.json`` holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from math import isfinite, nan
from pathlib import Path
from typing import Any, TypeVar

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.atomic import read_json, write_text
from robustbench_cells.files.schema import schema_problem
from robustbench_cells.gate.losses import AxisLoss, LosingFrames
from robustbench_cells.printable import printable_values
from robustbench_cells.reporting.gate_numbers import DecisionNumbers

T = TypeVar("T")

GATE_FILE = "gate.json"
VERSION = 2  # of the file's layout; 1 had texts alone, and no number of its version
MOST_DECISIONS = 10_000  # whose numbers a file holds, the worst first: it must stay readable


@dataclass(frozen=True)
class GateSummary:
    """A verdict as text, as the page shows it, and its numbers.

    Attributes
    ----------
    verdict
        ``holds``, ``regresses``, ``inconclusive`` or ``none``.
    headline
        Verdict in one line.
    notes
        Coverage of the verdict, and caveats.
    rows
        One row of text per decision, with the columns `HEADERS`, the worst first.
    decisions
        Numbers of each decision, in the same order.
    axes
        Curves of each model over each axis, and the frames on which it lost.
    """

    verdict: str
    headline: str
    notes: Sequence[str]
    rows: Sequence[Sequence[str]] = ()
    decisions: Sequence[DecisionNumbers] = ()
    axes: Sequence[AxisLoss] = ()

    def __post_init__(self) -> None:
        """Show control characters as escapes: a reason quotes what failed, and ``gate.json`` may be anybody's."""
        for one in fields(self):
            object.__setattr__(self, one.name, printable_values(getattr(self, one.name)))


def save_gate(summary: GateSummary, folder: Path) -> Path:
    """Write ``gate.json`` for later reports and for programs; a number that is not known, or infinite, is null."""
    path = folder / GATE_FILE
    content = {"version": VERSION, **asdict(summary)}
    content["decisions"] = content["decisions"][:MOST_DECISIONS]
    write_text(path, json.dumps(_finite(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def load_gate(folder: Path) -> GateSummary | None:
    """Read what `save_gate` wrote, in this or an earlier version; None if there is no file.

    Raises
    ------
    ResultsError
        If the file is damaged.
    """
    path = folder / GATE_FILE
    if not path.exists():
        return None
    try:
        content = read_json(path, ResultsError)
        if problem := schema_problem(content, _schema(), root=GATE_FILE):
            raise ValueError(problem)
        content["decisions"] = [_known(DecisionNumbers, one) for one in content.get("decisions", ())]
        content["axes"] = [_axis(one) for one in content.get("axes", ())]
        return GateSummary(**_known_values(GateSummary, content))
    except (ValueError, TypeError, OSError, RecursionError) as error:
        raise ResultsError(f"{path}: is damaged ({error}); delete it, or run the gate again") from error


def _axis(content: Mapping[str, Any]) -> AxisLoss:
    return _known(AxisLoss, {**content, "frames": _known(LosingFrames, content["frames"])})


def _known(kind: type[T], content: Mapping[str, Any]) -> T:
    """An object of a part of the file; null is a number that is not known."""
    values = _known_values(kind, content)
    return kind(**{name: nan if value is None else value for name, value in values.items()})


def _known_values(kind: type, content: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a kind's own keys: later versions may have others."""
    return {one.name: content[one.name] for one in fields(kind) if one.name in content}


def _finite(value: Any) -> Any:
    """The same value with null for each number that JSON cannot have."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value


@cache
def _schema() -> Any:
    return json.loads(Path(__file__).with_name("gate_schema.json").read_text(encoding="utf-8"))
