"""A gate's plan for the terminal: what the seeds of a recipe and these frames can show."""

from __future__ import annotations

from statistics import median

from tabulate import tabulate

from robustbench_cells.gate.foresight import Foresight
from robustbench_cells.gate.plan import MORE_FRAMES, MORE_SEEDS, Plan, PlannedAxis
from robustbench_cells.gate.spread import MIN_SEEDS

_LEGEND = (
    "spread: standard deviation between seeds, moderated over the axes; frames: standard error of a paired difference",
    "caught: loss that fails with a probability of 95 %, (a) of this file against the model in use, (b) of a training "
    "against the mean of the seeds; none where that is more than there is to lose",
    "passes: an equal retraining, by (a) alone and by both; tolerance: for a gate that does not know the spread",
)


def plan_lines(plan: Plan) -> str:
    """Format the plan for one model: a table of its axes, and what is to be done."""
    more = plan.seeds * MORE_SEEDS
    headers = [
        "axis",
        "mean",
        "spread",
        "frames",
        "caught (a)",
        "caught (b)",
        f"(b), {more} seeds",
        f"(b), frames x {MORE_FRAMES}",
        "passes (a)",
        "passes",
        "tolerance",
    ]
    rows = [_row(axis, more, known=plan.passes is not None) for axis in plan.axes]
    table = tabulate(rows, headers, disable_numparse=True, colalign=("left", *["right"] * (len(headers) - 1)))
    return "\n".join([f"{plan.model}: {plan.seeds} seeds", table, *_LEGEND, *_conclusions(plan)])


def _row(axis: PlannedAxis, more: int, *, known: bool) -> list[str]:
    seen = axis.foresight
    mean = f"{sum(axis.seeds) / len(axis.seeds):.3f}"
    if seen is None:
        return [axis.axis, mean, "at the floor: nothing to lose", *[""] * 8]
    return [
        axis.axis,
        mean,
        f"{seen.spread:.4f}",
        f"{seen.error:.4f}",
        _loss(seen.caught_by_frames, seen),
        _loss(seen.caught_by_seeds, seen) if known else "-",
        _loss(seen.with_seeds(more).caught_by_seeds, seen),
        _loss(seen.with_frames(MORE_FRAMES).caught_by_seeds, seen) if known else "-",
        f"{1 - seen.failure_by_frames:.0%}",
        f"{1 - seen.failure:.0%}" if known else "-",
        "none" if axis.tolerance is None else f"{axis.tolerance:g}",
    ]


def _loss(loss: float, seen: Foresight) -> str:
    """A loss, unless it is more than there is to lose."""
    return f"{loss:.3f}" if loss < seen.mean else "none"


def _conclusions(plan: Plan) -> list[str]:
    lines = [f"An equal retraining would pass the whole gate in {plan.passes_by_frames:.0%} of cases by (a) alone"]
    if plan.passes is None:
        lines[0] += f"; the gate learns what retraining does from {MIN_SEEDS} seeds or more, so train another one"
    else:
        lines[0] += f", and in {plan.passes:.0%} where it knows this spread"
    if plan.catches_nothing:
        lines.append("These seeds differ so much that one more may score 0, and the gate refuses them: give more seeds")
    return [*lines, *_what_lacks(plan), *_tolerances(plan)]


def _what_lacks(plan: Plan) -> list[str]:
    judged, lacking = plan.judged, plan.lacks_frames
    if not judged:
        return []
    more = plan.seeds * MORE_SEEDS
    by_seeds = median([one.with_seeds(more).caught_by_seeds / one.caught_by_seeds for one in judged])
    by_frames = median([one.with_frames(MORE_FRAMES).caught_by_seeds / one.caught_by_seeds for one in judged])
    gain = (
        f"(b) catches a loss that is {max(0.0, 1 - by_seeds):.0%} smaller with {more} seeds, and "
        f"{max(0.0, 1 - by_frames):.0%} smaller with {MORE_FRAMES} times the frames (median of the axes)"
    )
    if not lacking:
        return [f"Frames are not what lacks: on every axis the spread between seeds is the larger error; {gain}"]
    return [f"More frames are what lacks on {', '.join(lacking)}: their error hides the spread between seeds; {gain}"]


def _tolerances(plan: Plan) -> list[str]:
    if not plan.judged:
        return []
    needed = [axis.tolerance for axis in plan.axes if axis.foresight]
    largest = [one for one in needed if one is not None]
    usual = plan.judged[0].tolerance
    if len(largest) < len(needed):
        return ["No tolerance would do for a gate that does not know the spread: any model would meet it on some axis"]
    if max(largest) <= usual:
        return [f"Keep the tolerance of {usual:g}: retraining moves no axis by more"]
    return [
        f"Keep the tolerance of {usual:g} where the spread is known; a gate that does not know it needs "
        f"--rb-gate=area={max(largest):g} for equal retrainings to hold"
    ]
