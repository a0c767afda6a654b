"""Decisions of a gate as the rows of a table, with their caveats."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import Decision, GateOutcome
from robustbench_cells.reporting.markdown import escape_markdown
from robustbench_cells.reporting.number_format import FEW_BLOCKS_MARK, few_blocks_mark, interval_decimals
from robustbench_cells.results.intervals import FEW_BLOCKS

HEADERS = ("verdict", "condition", "baseline", "candidate", "difference [95 %]", "tolerance")
MAX_NAMED = 40  # conditions that a note names
ORDER = (
    GateOutcome.REGRESSED,
    GateOutcome.INCONCLUSIVE,
    GateOutcome.WATCH,
    GateOutcome.WITHIN,
    GateOutcome.NO_ALARM,
    GateOutcome.AT_FLOOR,
    GateOutcome.NON_INFERIOR,
)  # the worst first
_MAX_DECIMALS = 4
_ALIGNED = ("left", "left", "right", "right", "right", "right")


def sort_worst_first(gate: Gate) -> list[Decision]:
    """Sort decisions by verdict, then by p-value."""
    return sorted(gate.decisions, key=lambda one: (ORDER.index(one.verdict), one.p_regresses))


def name_some(texts: Sequence[str]) -> str:
    """Join texts by commas, 40 at most, with the number of the others."""
    more = f" and {len(texts) - MAX_NAMED} more" if len(texts) > MAX_NAMED else ""
    return f"{', '.join(texts[:MAX_NAMED])}{more}"


def markdown_table(decisions: Sequence[Decision]) -> list[str]:
    """Lines of a Markdown table; a verdict is in bold unless it passes."""
    table = [_markdown_row(one) for one in decisions]
    return tabulate(table, HEADERS, tablefmt="pipe", disable_numparse=True, colalign=_ALIGNED).splitlines()


def decision_table(decisions: Sequence[Decision]) -> str:
    """Format decisions for the terminal, one row each, with their caveats."""
    table = tabulate(decision_rows(decisions), HEADERS, disable_numparse=True, colalign=_ALIGNED)
    return "\n".join([table, *caveats(decisions)])


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


def caveats(decisions: Sequence[Decision]) -> list[str]:
    """What a reader of these decisions must know."""
    texts = [(one.name, text) for one in decisions for text in (one.difference.caveat, one.difference.remark)]
    found = [f"{name}: {text}" for name, text in texts if text]
    if any(one.blocks < FEW_BLOCKS for one in decisions):
        found.append(
            f"Few frames: intervals marked {FEW_BLOCKS_MARK} are over fewer than {FEW_BLOCKS} blocks of frames, and "
            "rest on what is assumed of the frames more than on what they show"
        )
    if names := [one.name for one in decisions if one.is_close]:
        found.append(
            "Decided by the test, which takes blocks of frames as independent; the interval, which allows for frames "
            f"that are alike, crosses the tolerance, so more frames are needed to be sure: {name_some(names)}"
        )
    return found


def format_difference(decision: Decision) -> str:
    """A difference with its interval."""
    numbers = (decision.difference.estimate.value, *decision.interval)
    value, low, high = (f"{number + 0.0:+.{_decimals(decision)}f}" for number in numbers)
    return f"{value} [{low}, {high}]{few_blocks_mark(decision.blocks)}"
