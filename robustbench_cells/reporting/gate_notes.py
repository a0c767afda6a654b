"""The verdict of a gate in a sentence, and the notes beside it."""

from __future__ import annotations

from collections.abc import Sequence

from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.decision import Decision, GateOutcome, overall_verdict
from robustbench_cells.reporting.gate_rows import ORDER, format_difference, name_some

WORDS = {
    GateOutcome.NON_INFERIOR: "PASS",
    GateOutcome.REGRESSED: "FAIL",
    GateOutcome.INCONCLUSIVE: "INCONCLUSIVE",
}
_WORSE = "the candidate is significantly worse"
_UNCLEAR = "too few frames to rule out a drop above the tolerance; use more frames, or a larger tolerance"
_MAX_MODELS = 3  # that a sentence names


def headline(gate: Gate) -> str:
    """The verdict in one line, with the number of decisions by outcome."""
    return verdict_line(gate.decisions, coverage_remark(gate))


def coverage_remark(gate: Gate) -> str:
    """What stands behind the numbers of a verdict on a part of the grid."""
    return "" if gate.is_complete else ", of the part that ran"


def verdict_line(decisions: Sequence[Decision], remark: str = "") -> str:
    """The verdict on some decisions in one line, with their number by outcome."""
    return f"{WORDS[overall_verdict(decisions)]}: {verdict_sentence(decisions)} ({count_outcomes(decisions)}{remark})"


def count_outcomes(decisions: Sequence[Decision]) -> str:
    """Number of decisions by outcome."""
    counts = [(verdict, sum(one.verdict is verdict for one in decisions)) for verdict in ORDER]
    text = ", ".join(f"{count} {verdict}" for verdict, count in counts if count)
    better = sum(one.improves for one in decisions)
    return f"{text}, {better} significantly better" if better else text


def verdict_sentence(decisions: Sequence[Decision]) -> str:
    """What a verdict says, of which models, and of axes or conditions."""
    verdict = overall_verdict(decisions)
    if verdict is not GateOutcome.NON_INFERIOR:
        return _WORSE if verdict is GateOutcome.REGRESSED else _UNCLEAR
    judged = [one for one in decisions if not one.is_guard and not one.at_floor] or list(decisions)
    nouns = sorted({"axis" if one.difference.intensity is None else "condition" for one in judged})
    models = list(dict.fromkeys(one.segmenter for one in judged))
    named = ", ".join(models) if len(models) <= _MAX_MODELS else f"{len(models)} models"
    return f"no {' or '.join(nouns)} of {named} is worse than {_limit(judged)}"


def _limit(judged: Sequence[Decision]) -> str:
    """What the worst of some decisions that pass was compared with."""
    seeds = max((one.retraining.seeds for one in judged if one.retraining), default=0)
    if not seeds:
        return "the tolerance allows"
    if all(one.retraining and not one.retraining.is_worse for one in judged):
        return f"what retraining alone does ({seeds} seeds)"
    return f"the tolerance or what retraining alone does allow ({seeds} seeds)"


def notes(gate: Gate, decisions: Sequence[Decision]) -> list[str]:
    """What else the verdict says: what to watch, what got better, and what it covers."""
    return [*_watched(decisions), *_improvements(decisions), *remarks(gate)]


def remarks(gate: Gate) -> list[str]:
    """What the verdict rests on."""
    return [*_retraining(gate), *_floors(gate), *_savings(gate), *_coverage(gate), *_unjudged(gate)]


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


def _floors(gate: Gate) -> list[str]:
    """What is judged by nothing, since the model in use has nothing to lose there."""
    named = [one.name for one in gate.decisions if one.at_floor]
    return [f"At the floor in the baseline, so that nothing can be lost there: {name_some(named)}"] if named else []


def _improvements(decisions: Sequence[Decision]) -> list[str]:
    """What got better, at 5 % for the whole grid, the most certain first."""
    better = sorted((one for one in decisions if one.improves), key=lambda one: one.p_improves)
    named = [f"{one.name} {format_difference(one)}" for one in better]
    return [f"Significantly better than the baseline: {name_some(named)}"] if named else []


def _savings(gate: Gate) -> list[str]:
    used, available = gate.patches
    if used == available:
        return []
    return [
        f"decided on {used} of {available} patches: {1 - used / available:.0%} of the forward passes were not needed"
    ]


def _unjudged(gate: Gate) -> list[str]:
    if not gate.not_in_baseline:
        return []
    return [
        f"Not judged, since the baseline does not have it: {name_some(gate.not_in_baseline)}; make a baseline with "
        "this grid to have it judged (--rb-accept, or `robustbench-cells gate --accept`)"
    ]


def _coverage(gate: Gate) -> list[str]:
    if gate.is_complete:
        return []
    ran, grid = gate.tests
    covered = f"The verdict covers the {ran} of {grid} tests of the grid that ran"
    return [f"{covered}; not covered: {name_some(gate.not_covered)}" if gate.not_covered else covered]
