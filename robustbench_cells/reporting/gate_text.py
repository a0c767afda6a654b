"""A gate's verdict as text: for the terminal, for Markdown, and for the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tabulate import tabulate

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.atomic import read_json, write_text
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import Decision, GateOutcome, overall_verdict
from robustbench_cells.printable import printable
from robustbench_cells.reporting.markdown import code_span, escape_markdown
from robustbench_cells.reporting.number_format import FEW_BLOCKS_MARK, few_blocks_mark, interval_decimals
from robustbench_cells.results.intervals import FEW_BLOCKS

_MAX_DECIMALS = 4
_MAX_NAMED = 40  # conditions that a partial verdict names as not covered
_ORDER = (
    GateOutcome.REGRESSED,
    GateOutcome.INCONCLUSIVE,
    GateOutcome.WATCH,
    GateOutcome.WITHIN,
    GateOutcome.NO_ALARM,
    GateOutcome.AT_FLOOR,
    GateOutcome.NON_INFERIOR,
)
_SENTENCES = {
    GateOutcome.NON_INFERIOR: "PASS: no condition is worse than the tolerance allows",
    GateOutcome.REGRESSED: "FAIL: the candidate is significantly worse",
    GateOutcome.INCONCLUSIVE: "INCONCLUSIVE: too few frames to rule out a drop above the tolerance; "
    "use more frames, or a larger tolerance",
}
GATE_FILE = "gate.json"
NO_VERDICT = "none"
HEADERS = ("verdict", "condition", "baseline", "candidate", "difference [95 %]", "tolerance")
_MAX_ROWS = 100_000
_ALIGNED = ("left", "left", "right", "right", "right", "right")


@dataclass(frozen=True)
class GateSummary:
    """A verdict as text, as the page shows it and ``gate.json`` holds it.

    Attributes
    ----------
    verdict
        ``holds``, ``regresses``, ``inconclusive`` or ``none``.
    headline
        Verdict in one line.
    notes
        Coverage of the verdict, and caveats.
    rows
        One row per decision, with the columns `HEADERS`, the worst first.
    """

    verdict: str
    headline: str
    notes: Sequence[str]
    rows: Sequence[Sequence[str]] = ()

    def __post_init__(self) -> None:
        """Show control characters as escapes: a reason quotes what failed, and ``gate.json`` may be anybody's."""
        for name, value in vars(self).items():
            object.__setattr__(self, name, _with_printable(value))


def _with_printable(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else tuple(map(_with_printable, value))


def summarise_gate(verdict: Gate | str) -> GateSummary:
    """Describe a comparison, or why there is none."""
    if isinstance(verdict, str):
        return GateSummary(NO_VERDICT, "No verdict", [verdict])
    decisions = sort_worst_first(verdict)
    return GateSummary(str(verdict.verdict), headline(verdict), _notes(verdict, decisions), decision_rows(decisions))


def save_gate(summary: GateSummary, folder: Path) -> Path:
    """Write ``gate.json`` for later reports."""
    path = folder / GATE_FILE
    write_text(path, json.dumps(asdict(summary), indent=1, ensure_ascii=False) + "\n")
    return path


def load_gate(folder: Path) -> GateSummary | None:
    """Read what `save_gate` wrote; None if there is no file.

    Raises
    ------
    ResultsError
        If the file is damaged.
    """
    path = folder / GATE_FILE
    if not path.exists():
        return None
    try:
        summary = GateSummary(**read_json(path, ResultsError))
        texts = [summary.verdict, summary.headline, *summary.notes, *(cell for row in summary.rows for cell in row)]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a value is not a text")
        if max(map(len, [summary.notes, summary.rows])) > _MAX_ROWS:
            raise ValueError(f"it has more than the {_MAX_ROWS} notes or rows allowed")
        if any(len(row) > len(HEADERS) for row in summary.rows):
            raise ValueError(f"a row has more than {len(HEADERS)} columns")
    except (ValueError, TypeError, OSError, RecursionError) as error:
        raise ResultsError(f"{path}: is damaged ({error}); delete it, or run the gate again") from error
    return summary


def gate_lines(gate: Gate, details: str) -> str:
    """Format for the terminal: the verdict, each condition that does not hold, and where to find details.

    Parameters
    ----------
    gate
        Comparison.
    details
        Where the curves and tables are.
    """
    lines = [headline(gate)]
    if bad := [decision for decision in sort_worst_first(gate) if not decision.verdict.passes]:
        lines += [
            decision_table(bad),
            f"details: {details}",
        ]
    decisions = sort_worst_first(gate)
    lines += [*_watched(decisions), *_improvements(decisions), *_retraining(gate), *_savings(gate), *_coverage(gate)]
    return "\n".join(lines)


def gate_markdown(gate: Gate, most_bytes: int = 2**20) -> str:
    """Format for a file: the verdict and all conditions, the worst first, in at most ``most_bytes`` bytes."""
    decisions = sort_worst_first(gate)
    baseline, candidate = gate.commands
    parts = [
        f"# {headline(gate)}",
        f"Data set: {escape_markdown(gate.title)}.",
        f"Baseline command: {code_span(baseline)}. Candidate command: {code_span(candidate)}.",
        *map(escape_markdown, _notes(gate, decisions)),
    ]
    table = tabulate(
        [_markdown_row(one) for one in decisions], HEADERS, tablefmt="pipe", disable_numparse=True, colalign=_ALIGNED
    )
    rows = table.splitlines()
    truncated = "The table is truncated: `gate.md` in the folder of the reports has every row."
    room = most_bytes - len("\n\n".join([*parts, truncated]).encode()) - 8
    kept: list[str] = []
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            parts.append(truncated)
            break
        kept.append(row)
    return "\n\n".join([*parts, "\n".join(kept)]) + "\n"


def no_verdict_markdown(reason: str) -> str:
    """Format for a file why there is no verdict."""
    return f"# NO VERDICT\n\n{escape_markdown(reason)}\n"


def headline(gate: Gate) -> str:
    """The verdict in one line, with the number of decisions by outcome."""
    return verdict_line(gate.decisions, "" if gate.is_complete else ", of the part that ran")


def verdict_line(decisions: Sequence[Decision], remark: str = "") -> str:
    """The verdict on some decisions in one line, with their number by outcome."""
    counts = [(verdict, sum(one.verdict is verdict for one in decisions)) for verdict in _ORDER]
    text = ", ".join(f"{count} {verdict}" for verdict, count in counts if count)
    if better := sum(one.improves for one in decisions):
        text += f", {better} significantly better"
    verdict = overall_verdict(decisions)
    seeds = max((one.retraining.seeds for one in decisions if one.retraining), default=0)
    sentence = _SENTENCES[verdict]
    if seeds and verdict is GateOutcome.NON_INFERIOR:
        sentence = f"PASS: nothing is worse than what retraining alone does ({seeds} seeds)"
    return f"{sentence} ({text}{remark})"


def sort_worst_first(gate: Gate) -> list[Decision]:
    """Sort decisions by verdict, then by p-value."""
    return sorted(gate.decisions, key=lambda one: (_ORDER.index(one.verdict), one.p_regresses))


def decision_table(decisions: Sequence[Decision]) -> str:
    """Format decisions for the terminal, one row each, with their caveats."""
    table = tabulate(decision_rows(decisions), HEADERS, disable_numparse=True, colalign=_ALIGNED)
    return "\n".join([table, *_caveats(decisions)])


def decision_rows(decisions: Sequence[Decision]) -> list[tuple[str, ...]]:
    """One row per decision, with the columns `HEADERS`."""
    return [_row(decision) for decision in decisions]


def _markdown_row(decision: Decision) -> list[str]:
    """A row whose verdict is in bold unless it passes."""
    verdict, *others = map(escape_markdown, _row(decision))
    return [verdict if decision.verdict.passes else f"**{verdict}**", *others]


def _row(decision: Decision) -> tuple[str, ...]:
    difference, decimals = decision.difference, _decimals(decision)
    return (
        str(decision.verdict),
        decision.name,
        f"{difference.baseline:.{decimals}f}",
        f"{difference.candidate:.{decimals}f}",
        format_difference(decision),
        f"{decision.tolerance:g} {decision.criterion.unit if difference.scale == 1 else ''}".strip(),
    )


def _decimals(decision: Decision) -> int:
    """Decimals that the interval supports, four at most."""
    return interval_decimals([decision.interval], _MAX_DECIMALS)


def _caveats(decisions: Sequence[Decision]) -> list[str]:
    texts = [(one.name, text) for one in decisions for text in (one.difference.caveat, one.difference.remark)]
    caveats = [f"{name}: {text}" for name, text in texts if text]
    if any(one.blocks < FEW_BLOCKS for one in decisions):
        caveats.append(
            f"Few frames: intervals marked {FEW_BLOCKS_MARK} are over fewer than {FEW_BLOCKS} blocks of frames, and "
            "rest on what is assumed of the frames more than on what they show"
        )
    return [*caveats, *_close_calls(decisions)]


def _close_calls(decisions: Sequence[Decision]) -> list[str]:
    """What the test decides, whose blocks count as independent, while the interval does not."""
    names = [one.name for one in decisions if one.is_close]
    if not names:
        return []
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return [
        "Decided by the test, which takes blocks of frames as independent; the interval, which allows for frames that "
        f"are alike, crosses the tolerance, so more frames are needed to be sure: {', '.join(names[:_MAX_NAMED])}{more}"
    ]


def format_difference(decision: Decision) -> str:
    """A difference with its interval."""
    numbers = (decision.difference.estimate.value, *decision.interval)
    value, low, high = (f"{number + 0.0:+.{_decimals(decision)}f}" for number in numbers)
    return f"{value} [{low}, {high}]{few_blocks_mark(decision.blocks)}"


def _notes(gate: Gate, decisions: Sequence[Decision]) -> list[str]:
    return [
        *_watched(decisions),
        *_improvements(decisions),
        *_retraining(gate),
        *_savings(gate),
        *_coverage(gate),
        *_caveats(decisions),
    ]


def _watched(decisions: Sequence[Decision]) -> list[str]:
    """What is worse than the model in use and within what retraining does."""
    named = [f"{one.name} {format_difference(one)}" for one in decisions if one.verdict is GateOutcome.WATCH]
    if not named:
        return []
    return [f"Watch: significantly worse than the model in use, and within what retraining does: {', '.join(named)}"]


def _retraining(gate: Gate) -> list[str]:
    """Where what retraining alone does is not known, and how to find it."""
    if not gate.known.unknown:
        return []
    reasons = "; ".join(f"{name}: {reason}" for name, reason in gate.known.unknown.items())
    return [
        f"What retraining alone does is not known ({reasons}); `robustbench-cells gate --plan RUN RUN RUN` finds it "
        "from runs of three or more seeds"
    ]


def _improvements(decisions: Sequence[Decision]) -> list[str]:
    """What got better, at 5 % for the whole grid, the most certain first."""
    better = sorted((one for one in decisions if one.improves), key=lambda one: one.p_improves)
    if not better:
        return []
    named = ", ".join(f"{one.name} {format_difference(one)}" for one in better[:_MAX_NAMED])
    more = f" and {len(better) - _MAX_NAMED} more" if len(better) > _MAX_NAMED else ""
    return [f"Significantly better than the baseline: {named}{more}"]


def _savings(gate: Gate) -> list[str]:
    used, available = gate.patches
    if used == available:
        return []
    return [
        f"decided on {used} of {available} patches: {1 - used / available:.0%} of the forward passes were not needed"
    ]


def _coverage(gate: Gate) -> list[str]:
    if gate.is_complete:
        return []
    ran, grid = gate.tests
    covered = f"The verdict covers the {ran} of {grid} tests of the grid that ran"
    if not gate.not_covered:
        return [covered]
    named = ", ".join(gate.not_covered[:_MAX_NAMED])
    more = f" and {len(gate.not_covered) - _MAX_NAMED} more" if len(gate.not_covered) > _MAX_NAMED else ""
    return [f"{covered}; not covered: {named}{more}"]
