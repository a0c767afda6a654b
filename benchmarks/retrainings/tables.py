"""The tables of the documentation, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from benchmarks.retrainings.judging import GATES, judge
from benchmarks.retrainings.scores import FRAMES, KEPT
from benchmarks.retrainings.spread import losses, spread_table
from robustbench_cells.gate.decision import GateOutcome


def print_tables(kept: Path = KEPT) -> None:
    """Print, for each set of frames, the spread between seeds, then the loss of each network."""
    for frames in FRAMES:
        print(f"{frames} frames: mean Jaccard of the equal networks\n\n{spread_text(frames, kept)}\n")
        print(f"{frames} frames: loss of each network\n\n{loss_text(frames, kept)}\n")


def spread_text(frames: str, kept: Path = KEPT) -> str:
    """The table of `spread_table`."""
    table = spread_table(frames, kept)
    digits = [4 if column in {"between seeds", "of the frames"} else 3 for column in table]
    cells = [
        [str(name), *(f"{value:.{places}f}" for value, places in zip(values, digits, strict=True))]
        for name, values in zip(table.index, table.to_numpy(float), strict=True)
    ]
    return _markdown(["axis or condition", *map(str, table)], cells)


def loss_text(frames: str, kept: Path = KEPT) -> str:
    """Loss of each network on each axis, in brackets in spreads, the largest at a condition, and if that is large."""
    found = losses(frames, kept)
    cells = [
        [
            loss.network,
            *(f"{loss.axes[axis]:.3f} ({loss.spreads[axis]:.1f})" for axis in loss.axes),
            f"{loss.largest:.3f} at {loss.condition}",
            "yes" if loss.is_large else "no",
        ]
        for loss in found
    ]
    return _markdown(["network", *found[0].axes, "largest at a condition", "large"], cells)


def verdict_text(frames: str, draws: int, seed: int = 0, kept: Path = KEPT, *, each: bool = False) -> str:
    """How often networks of each kind, or each network, pass, in brackets how often the gate is inconclusive."""
    outcomes: dict[str, dict[str, Counter[GateOutcome]]] = {}
    for one in judge(frames, draws, seed, kept):
        by_gate = outcomes.setdefault(one.network if each else one.kind, {gate: Counter() for gate in GATES})
        by_gate[one.gate].update(one.outcomes)
    cells = [[name, *map(_shares, by_gate.values())] for name, by_gate in outcomes.items()]
    return _markdown(["candidates", *GATES], cells)


def _shares(outcomes: Counter[GateOutcome]) -> str:
    total = outcomes.total()
    passed, open_ = outcomes[GateOutcome.NON_INFERIOR], outcomes[GateOutcome.INCONCLUSIVE]
    return f"{passed / total:.0%} ({open_ / total:.0%})" if total else ""


def _markdown(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    alignment = ("left", *["right"] * (len(headers) - 1))
    return tabulate(cells, headers, "pipe", disable_numparse=True, colalign=alignment)
