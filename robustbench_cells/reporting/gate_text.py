"""A gate's verdict for people: in the terminal, and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tabulate import tabulate

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.atomic import read_json, write_text
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import Decision, GateOutcome
from robustbench_cells.reporting.markdown import code, plain

_SHOWN = 40  # conditions that are named when the verdict covers a part
_ORDER = (GateOutcome.REGRESSED, GateOutcome.INCONCLUSIVE, GateOutcome.NON_INFERIOR)
_SENTENCES = {
    GateOutcome.NON_INFERIOR: "PASS: no condition is worse than the tolerance allows",
    GateOutcome.REGRESSED: "FAIL: the candidate is surely worse",
    GateOutcome.INCONCLUSIVE: "INCONCLUSIVE: these frames cannot tell whether the candidate is worse; "
    "use more frames, or a larger tolerance",
}


NO_VERDICT = "none"
GATE_FILE = "gate.json"


@dataclass(frozen=True)
class GateSummary:
    """A verdict in words, as the page shows it.

    Attributes
    ----------
    verdict
        ``holds``, ``regresses``, ``inconclusive`` or ``none``.
    headline
        It in a line.
    notes
        What else is to be said.
    rows
        Each condition under `HEADERS`, the worst first.
    """

    verdict: str
    headline: str
    notes: Sequence[str]
    rows: Sequence[Sequence[str]] = ()


def summarise_gate(verdict: Gate | str) -> GateSummary:
    """A comparison in words, or why there is none."""
    if isinstance(verdict, str):
        return GateSummary(NO_VERDICT, "No verdict", [verdict])
    decisions = worst_first(verdict)
    notes = [*_spent(verdict), *_part(verdict), *_remarks(decisions)]
    return GateSummary(str(verdict.verdict), headline(verdict), notes, rows_of(decisions))


def save_gate(told: GateSummary, folder: Path) -> Path:
    """Keep it for the next report."""
    path = folder / GATE_FILE
    write_text(path, json.dumps(asdict(told), indent=1, ensure_ascii=False) + "\n")
    return path


def load_gate(folder: Path) -> GateSummary | None:
    """Read what `save_gate` wrote, if it is there.

    Raises
    ------
    ResultsError
        If it is damaged.
    """
    path = folder / GATE_FILE
    if not path.is_file():
        return None
    try:
        told = GateSummary(**read_json(path))
        texts = [told.verdict, told.headline, *told.notes, *(cell for row in told.rows for cell in row)]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a text is none")
    except (ValueError, TypeError, OSError, RecursionError) as error:
        raise ResultsError(f"{path}: is damaged ({error}); delete it, or judge again") from error
    return told


def gate_lines(gate: Gate, look: str) -> str:
    """For the terminal: the verdict, each condition that does not hold, and how to look at it.

    Parameters
    ----------
    gate
        From `gate.compare`.
    look
        Where the curves and tables are.
    """
    lines = [headline(gate)]
    if bad := [decision for decision in worst_first(gate) if decision.verdict is not GateOutcome.NON_INFERIOR]:
        lines += [
            tabulate(rows_of(bad), HEADERS, disable_numparse=True, colalign=_ALIGNED),
            *_remarks(bad),
            f"to look at it: {look}",
        ]
    lines += [*_spent(gate), *_part(gate)]
    return "\n".join(lines)


def gate_markdown(gate: Gate, most_bytes: int = 2**20) -> str:
    """For a file: the verdict and all conditions, the worst first, in at most so many bytes."""
    decisions = worst_first(gate)
    baseline, candidate = gate.commands
    parts = [
        f"# {headline(gate)}",
        f"Data set: {plain(gate.title)}.",
        f"The baseline was made by {code(baseline)}, the candidate by {code(candidate)}.",
        *map(plain, [*_spent(gate), *_part(gate)]),
        *map(plain, _remarks(decisions)),
    ]
    table = tabulate(
        [_marked(one) for one in decisions], HEADERS, tablefmt="pipe", disable_numparse=True, colalign=_ALIGNED
    )
    rows = table.splitlines()
    cut = "The table is cut: `gate.md` among the reports has all of it."
    room = most_bytes - len("\n\n".join([*parts, cut]).encode()) - 8
    kept: list[str] = []
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            parts.append(cut)
            break
        kept.append(row)
    return "\n\n".join([*parts, "\n".join(kept)]) + "\n"


def no_verdict_markdown(reason: str) -> str:
    """For a file, where nothing could be judged."""
    return f"# NO VERDICT\n\n{plain(reason)}\n"


_ALIGNED = ("left", "left", "right", "right", "right", "right")
HEADERS = ("verdict", "condition", "baseline", "candidate", "difference [95 %]", "tolerance")


def headline(gate: Gate) -> str:
    """The verdict in a line."""
    counts = [(verdict, sum(one.verdict is verdict for one in gate.decisions)) for verdict in _ORDER]
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts if count)
    part = "" if gate.is_whole else ", of the part that ran"
    return f"{_SENTENCES[gate.verdict]} ({told}{part})"


def worst_first(gate: Gate) -> list[Decision]:
    """Sorted by how bad, then how sure."""
    return sorted(gate.decisions, key=lambda one: (_ORDER.index(one.verdict), one.p_regresses))


def rows_of(decisions: Sequence[Decision]) -> list[tuple[str, ...]]:
    """A row for each, under `HEADERS`."""
    return [_row(decision) for decision in decisions]


def _marked(decision: Decision) -> list[str]:
    """A row whose verdict stands out where it is not that all is well."""
    verdict, *others = map(plain, _row(decision))
    return [verdict if decision.verdict is GateOutcome.NON_INFERIOR else f"**{verdict}**", *others]


def _row(decision: Decision) -> tuple[str, ...]:
    found = decision.difference
    low, high = decision.interval
    return (
        str(decision.verdict),
        decision.name,
        _figure(found.baseline),
        _figure(found.candidate),
        f"{found.estimate.value:+.4f} [{low:+.4f}, {high:+.4f}]",
        f"{decision.tolerance:g} {decision.criterion.unit if found.scale == 1 else ''}".strip(),
    )


def _figure(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"


def _remarks(decisions: Sequence[Decision]) -> list[str]:
    return [f"{one.name}: {one.difference.remark}" for one in decisions if one.difference.remark]


def _spent(gate: Gate) -> list[str]:
    used, whole = gate.patches
    if used == whole:
        return []
    return [f"decided on {used} of {whole} patches: {1 - used / whole:.0%} of the forward passes were not needed"]


def _part(gate: Gate) -> list[str]:
    if gate.is_whole:
        return []
    ran, grid = gate.tests
    covers = f"The verdict covers what ran, {ran} of {grid} tests of the grid"
    if not gate.not_covered:
        return [covers]
    shown = ", ".join(gate.not_covered[:_SHOWN])
    more = f" and {len(gate.not_covered) - _SHOWN} more" if len(gate.not_covered) > _SHOWN else ""
    return [f"{covers}; not covered: {shown}{more}"]
