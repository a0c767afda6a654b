"""What would settle a decision: more frames, or another tolerance."""

from __future__ import annotations

from math import ceil, inf

from robustbench_cells.gate.decision import Decision
from robustbench_cells.gate.statistics import FALSE_ALARM
from robustbench_cells.results.intervals import LEVEL

_MOST = 100.0  # times the frames; nobody has more
_STEP = 0.001  # of a tolerance


def frames_to_decide(decision: Decision, judged: int) -> float | None:
    """How many times the frames would decide it, if the difference stays as it is; None where hardly any number would.

    Parameters
    ----------
    decision
        One that is inconclusive.
    judged
        Number of decisions that the gate corrects for together.
    """
    gain = decision.gain
    room = gain.value + decision.tolerance
    level = LEVEL if room > 0 else 1 - FALSE_ALARM / judged
    reach = gain.value - gain.interval(1 - (1 - level) / decision.looks)[0]
    if decision.difference.caveat or not room or reach == inf:
        return None
    return _within_most((reach / room) ** 2)


def frames_for_spread(decision: Decision) -> float | None:
    """How many times the frames would make their error smaller than the spread between seeds; None if it is already."""
    test = decision.retraining
    if test is None or test.frames_suffice:
        return None
    seeds = test.deviation.error**2 - test.frames_error**2
    return _within_most(test.frames_error**2 / seeds) if seeds > 0 else None


def tolerance_to_hold(decision: Decision) -> float | None:
    """Smallest tolerance at which it would hold, in the criterion's unit; None where any model would meet that."""
    needed, scale = -decision.lowest, decision.difference.scale
    if decision.difference.caveat or needed == inf or needed >= decision.difference.room:
        return None
    rounded = round((int(needed / scale / _STEP) + 1) * _STEP, 3)
    return rounded if rounded < decision.criterion.worst else None


def _within_most(factor: float) -> float | None:
    return max(1.1, ceil(factor * 10) / 10) if factor <= _MOST else None
