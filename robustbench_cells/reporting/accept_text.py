"""What changes with a new baseline, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.reporting.gate_rows import format_difference

_HEADERS = ("axis", "was", "is", "difference [95 %]", "by the frames alone")


def accept_lines(gate: Gate, remarks: Sequence[str], candidate: Path, baseline: Path) -> str:
    """Format the change of each axis, and what must be done now."""
    axes = [one for one in gate.decisions if not one.is_guard]
    rows = [
        (
            f"{one.segmenter}-{one.difference.condition}",
            f"{one.difference.baseline:.3f}",
            f"{one.difference.candidate:.3f}",
            format_difference(one),
            "better" if one.improves else str(one.verdict),
        )
        for one in axes
    ]
    table = tabulate(rows, _HEADERS, disable_numparse=True, colalign=("left", "right", "right", "right", "left"))
    accepted = f"accepted: {baseline} holds the results of {candidate}, and in previous those that it had"
    return "\n".join([table, accepted, *(f"warning: {remark}" for remark in remarks)])
