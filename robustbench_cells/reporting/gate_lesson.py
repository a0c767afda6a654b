"""What a verdict teaches: each model's axes at a glance, the worst ones with their curves, and what would settle it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from tabulate import tabulate

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import Decision, GateOutcome
from robustbench_cells.gate.losses import AxisLoss, LosingFrames
from robustbench_cells.gate.remedies import frames_for_spread, frames_to_decide, tolerance_to_hold
from robustbench_cells.reporting.gate_rows import name_some, sort_worst_first
from robustbench_cells.results.units import Unit
from robustbench_cells.types import CLEAN

_MAX_MODELS, _MAX_AXES, _MAX_WORST, _MAX_LINES = 10, 4, 3, 5  # that are shown
_MAX_COLUMNS = 12  # intensities of a curve
_FELL = {GateOutcome.REGRESSED: "fell too", GateOutcome.WATCH: "fell too, within what retraining does"}


def glance_lines(gate: Gate) -> list[str]:
    """Each model's axes in a line, with the worst ones; then what got better, and what to watch."""
    models = list(dict.fromkeys(one.segmenter for one in gate.decisions))
    lines = [
        _axes_line(axes, model if len(models) > 1 else "")
        for model in models[:_MAX_MODELS]
        if (axes := [one for one in gate.decisions if one.segmenter == model and _is_axis(one)])
    ]
    better = sorted((one for one in gate.decisions if one.improves), key=lambda one: one.p_improves)
    lines += _first([f"better: {_name(one, models)} {_change(one)}{_beyond(one)}" for one in better])
    watched = [_watch(one, models) for one in sort_worst_first(gate)]
    return lines + _first([f"watch: {text}" for text in watched if text])


def lesson_lines(gate: Gate) -> list[str]:
    """The worst axes with their curves, whether clean fell too, and the frames that carry the loss."""
    worst = [one for one in sort_worst_first(gate) if not one.verdict.passes or one.verdict is GateOutcome.WATCH]
    axes = list(dict.fromkeys((one.segmenter, one.difference.artefact) for one in worst))
    losses = {(one.segmenter, one.axis): one for one in gate.losses}
    found = [losses[axis] for axis in axes if axis in losses]
    return [line for loss in found[:_MAX_WORST] for line in _lesson(loss, gate)]


def settling_lines(gate: Gate) -> list[str]:
    """What would settle each decision that is in the way: frames, seeds or a tolerance."""
    bad = [one for one in sort_worst_first(gate) if not one.verdict.passes]
    by_text: dict[str, list[str]] = {}
    for one in bad:
        by_text.setdefault("; or ".join(_remedies(one, gate)), []).append(one.name)
    return _first([f"To settle {name_some(names)}: {text}" for text, names in by_text.items() if text])


def frames_text(frames: LosingFrames) -> str:
    """Which frames carry a loss; empty where none lost."""
    if not frames.losing:
        return ""
    worst = ", ".join(f"{name} ({share:.0%})" for name, share in frames.worst)
    return (
        f"half of what is lost is on {frames.half} of {frames.total} frames ({frames.losing} lost something); "
        f"the worst: {worst}"
    )


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return [*lines[:_MAX_LINES], *([f"… and {more} more"] if more > 0 else [])]


def _is_jaccard(decision: Decision) -> bool:
    return decision.criterion.unit == "jaccard"


def _is_axis(decision: Decision) -> bool:
    return decision.difference.intensity is None and bool(decision.difference.levels) and _is_jaccard(decision)


def _name(decision: Decision, models: Sequence[str]) -> str:
    """Axis or condition; the model where there are several, and the criterion unless it is the Jaccard score."""
    model = [decision.segmenter] if len(models) > 1 else []
    criterion = [] if _is_jaccard(decision) else [decision.criterion.name]
    return " ".join([*criterion, *model, decision.difference.condition])


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"


def _share(difference: float, of: float) -> str:
    return f"{round(difference / of, 2) + 0.0:+.0%}" if of else "-"


def _change(decision: Decision) -> str:
    return _signed(decision.difference.estimate.value)


def _axes_line(axes: Sequence[Decision], model: str) -> str:
    clean = [one for one in axes if one.difference.artefact == CLEAN]
    others = [one for one in axes if one not in clean]
    at_floor = sum(one.at_floor for one in axes)
    passing = sum(one.verdict.passes and not one.at_floor for one in axes)
    worst = sorted((one for one in others if not one.at_floor), key=lambda one: one.gain.value)
    shown = [_glance(one) for one in [*clean, *worst][:_MAX_AXES]]
    floor = f" ({at_floor} at the floor)" if at_floor else ""
    return "   ".join([*([model] if model else []), *shown, f"… {passing} of {len(axes)} axes{floor}"])


def _glance(decision: Decision) -> str:
    text = f"{decision.difference.condition} {_change(decision)}"
    if decision.retraining is None or decision.verdict is GateOutcome.NON_INFERIOR:
        return text
    return f"{text} (retraining: ±{decision.retraining.reach:.3f})"


def _beyond(decision: Decision) -> str:
    if decision.retraining is None:
        return ""
    return f", {'beyond' if decision.retraining.is_better else 'within'} what retraining does"


def _watch(decision: Decision, models: Sequence[str]) -> str:
    """What is no obstacle to a pass and worth a look; empty if nothing."""
    named = f"{_name(decision, models)} {_change(decision)} against the model in use"
    if decision.verdict is GateOutcome.WATCH:
        return f"{named}: significantly worse, and within what retraining does"
    if decision.is_guard:  # an axis says more
        return ""
    if decision.verdict is GateOutcome.NON_INFERIOR and decision.retraining and decision.retraining.is_worse:
        return f"{named}: within the tolerance, and below what retraining does"
    return ""


def _lesson(loss: AxisLoss, gate: Gate) -> Iterator[str]:
    yield f"{loss.segmenter} {loss.axis}: mean Jaccard"
    yield from (f"  {line}" for line in _curve(loss, gate.units.get(loss.axis, Unit(""))).splitlines())
    mine = [one for one in gate.decisions if one.segmenter == loss.segmenter and _is_jaccard(one) and not one.is_guard]
    for test in (one.retraining for one in mine if one.difference.artefact == loss.axis and _is_axis(one)):
        if test:
            yield (
                f"  {_signed(test.deviation.value)} from the mean of {test.seeds} seeds; retraining alone gives "
                f"±{test.reach:.3f}"
            )
    if loss.axis != CLEAN:
        clean = next((one for one in mine if one.difference.artefact == CLEAN), None)
        yield f"  clean: {_clean(clean) if clean else 'not judged'}"
    if text := frames_text(loss.frames):
        yield f"  {text}"


def _clean(clean: Decision) -> str:
    return f"{_FELL.get(clean.verdict, str(clean.verdict))}, {_change(clean)}"


def _curve(loss: AxisLoss, unit: Unit) -> str:
    """A curve as text; of many intensities, some from the first to the last."""
    count = len(loss.intensities)
    columns = np.unique(np.linspace(0, count - 1, min(count, _MAX_COLUMNS)).round().astype(int)).tolist()
    differences = [new - old for old, new in zip(loss.baseline, loss.candidate, strict=True)]
    rows = [
        [
            f"intensity ({unit.label})" if unit.name else "intensity",
            *(unit.level(loss.intensities[at]) for at in columns),
        ],
        ["model in use", *(f"{loss.baseline[at]:.3f}" for at in columns)],
        ["candidate", *(f"{loss.candidate[at]:.3f}" for at in columns)],
        ["difference", *(_signed(differences[at]) for at in columns)],
        ["relative", *(_share(differences[at], loss.baseline[at]) for at in columns)],
    ]
    aligned = ("left", *["right"] * len(columns))
    return tabulate(rows, tablefmt="plain", disable_numparse=True, colalign=aligned)


def _remedies(decision: Decision, gate: Gate) -> Iterator[str]:
    if decision.verdict is GateOutcome.INCONCLUSIVE:
        judged = sum(one.is_guard is decision.is_guard and not one.at_floor for one in gate.decisions)
        if factor := frames_to_decide(decision, judged):
            yield f"about {factor:g} times the frames, if the difference stays as it is"
        if tolerance := tolerance_to_hold(decision):
            axis, name = decision.difference.artefact, decision.criterion.name
            option = f" (--rb-gate={name}:{axis}={tolerance:g})" if _is_axis(decision) else f" for {axis}"
            yield f"a tolerance of {tolerance:g}{option}"
    if decision.retraining is None:
        return
    if factor := frames_for_spread(decision):
        yield f"about {factor:g} times the frames, so that their error is smaller than the spread between seeds"
    elif decision.retraining.is_worse:
        yield "another seed of the candidate's recipe, which shows whether the recipe lost it or this training alone"
