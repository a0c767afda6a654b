"""A gate's verdict as text: for the terminal, for Markdown, and for the page."""

from __future__ import annotations

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.reporting.gate_lesson import glance_lines, lesson_lines, settling_lines
from robustbench_cells.reporting.gate_notes import (
    WORDS,
    count_outcomes,
    coverage_remark,
    headline,
    notes,
    remarks,
    verdict_sentence,
)
from robustbench_cells.reporting.gate_numbers import DecisionNumbers
from robustbench_cells.reporting.gate_rows import (
    caveats,
    decision_rows,
    decision_table,
    markdown_table,
    sort_worst_first,
)
from robustbench_cells.reporting.gate_summary import GateSummary
from robustbench_cells.reporting.markdown import code_span, escape_markdown

NO_VERDICT = "none"


def summarise_gate(verdict: Gate | str) -> GateSummary:
    """Describe a comparison, or why there is none."""
    if isinstance(verdict, str):
        return GateSummary(NO_VERDICT, "No verdict", [verdict])
    decisions = sort_worst_first(verdict)
    return GateSummary(
        str(verdict.verdict),
        headline(verdict),
        [*notes(verdict, decisions), *caveats(decisions), *settling_lines(verdict)],
        decision_rows(decisions),
        [DecisionNumbers.of(one) for one in decisions],
        verdict.losses,
    )


def gate_lines(gate: Gate, details: str) -> str:
    """Format for the terminal: the verdict, its axes, what is in the way and what would settle it.

    Parameters
    ----------
    gate
        Comparison.
    details
        Where the curves, the tables and the example patches are, or the command that shows them.
    """
    lines = [
        f"{WORDS[gate.verdict]}   {verdict_sentence(gate.decisions)}",
        *(f"  {line}" for line in glance_lines(gate)),
    ]
    if bad := [decision for decision in sort_worst_first(gate) if not decision.verdict.passes]:
        lines.append(decision_table(bad))
    lines += [*lesson_lines(gate), *settling_lines(gate)]
    if bad:
        lines.append(f"details: {details}")
    lines += [*remarks(gate), f"decisions: {count_outcomes(gate.decisions)}{coverage_remark(gate)}"]
    return "\n".join(lines)


def gate_markdown(gate: Gate, most_bytes: int = 2**20) -> str:
    """Format for a file: the verdict and all conditions, the worst first, in at most ``most_bytes`` bytes."""
    decisions = sort_worst_first(gate)
    baseline, candidate = gate.commands
    parts = [
        f"# {headline(gate)}",
        f"Data set: {escape_markdown(gate.title)}.",
        f"Baseline command: {code_span(baseline)}. Candidate command: {code_span(candidate)}.",
        *map(escape_markdown, [*notes(gate, decisions), *caveats(decisions), *settling_lines(gate)]),
    ]
    truncated = "The table is truncated: `gate.md` in the folder of the reports has every row."
    room = most_bytes - len("\n\n".join([*parts, truncated]).encode()) - 8
    kept: list[str] = []
    for row in markdown_table(decisions):
        room -= len(row.encode()) + 1
        if room < 0:
            parts.append(truncated)
            break
        kept.append(row)
    parts.append("\n".join(kept))
    curves = "\n".join(f"    {line}" for line in lesson_lines(gate))  # indented, so that no name ends the block
    if curves and len(curves.encode()) + 2 <= room:
        parts.append(curves)
    return "\n\n".join(parts) + "\n"


def no_verdict_markdown(reason: str) -> str:
    """Format for a file why there is no verdict."""
    return f"# NO VERDICT\n\n{escape_markdown(reason)}\n"
