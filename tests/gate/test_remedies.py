"""What would settle a decision does settle it."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest

from robustbench_cells.gate.criteria import CRITERIA, PairedDifference
from robustbench_cells.gate.decision import Decision, GateOutcome, assign_verdicts
from robustbench_cells.gate.remedies import frames_for_spread, frames_to_decide, tolerance_to_hold
from robustbench_cells.gate.retraining import RetrainingTest
from robustbench_cells.gate.statistics import Estimate


def decide(value: float, error: float, blocks: int = 40, tolerance: float = 0.01) -> Decision:
    difference = PairedDifference("noise", None, 0.8, 0.8 + value, Estimate(value, error, blocks), room=0.8)
    return assign_verdicts([Decision(CRITERIA.get("area"), "unet", difference, tolerance)])[0]


@pytest.mark.parametrize(
    ("value", "error", "outcome"),
    [(-0.004, 0.01, GateOutcome.NON_INFERIOR), (-0.02, 0.01, GateOutcome.REGRESSED)],
)
def test_so_many_frames_decide_it(value: float, error: float, outcome: GateOutcome) -> None:
    assert decide(value, error).verdict is GateOutcome.INCONCLUSIVE
    factor = frames_to_decide(decide(value, error), 1)
    assert factor
    assert decide(value, error / sqrt(factor), round(40 * factor)).verdict is outcome
    assert decide(value, error / sqrt(0.8 * factor)).verdict is GateOutcome.INCONCLUSIVE


def test_where_hardly_any_number_of_frames_would_there_is_none() -> None:
    assert frames_to_decide(decide(-0.0099, 0.01), 1) is None
    assert frames_to_decide(decide(-0.01, 0.01), 1) is None
    assert frames_to_decide(decide(0.0, 0.01, blocks=1), 1) is None


def test_at_such_a_tolerance_it_holds_and_at_a_smaller_one_it_does_not() -> None:
    tolerance = tolerance_to_hold(decide(-0.004, 0.01))
    assert tolerance
    assert decide(-0.004, 0.01, tolerance=tolerance).verdict is GateOutcome.NON_INFERIOR
    assert decide(-0.004, 0.01, tolerance=tolerance - 0.001).verdict is not GateOutcome.NON_INFERIOR


def test_a_tolerance_that_any_model_would_meet_is_none() -> None:
    assert tolerance_to_hold(decide(-0.004, 0.8)) is None
    assert tolerance_to_hold(decide(0.0, 0.01, blocks=1)) is None


def test_frames_make_their_error_smaller_than_the_spread() -> None:
    def with_error(error: float) -> Decision:
        test = RetrainingTest(3, Estimate(0.0, sqrt(0.01**2 + error**2), 3, 5.0), 0.8, error)
        return replace(decide(0.0, error), retraining=test)

    assert frames_for_spread(decide(0.0, 0.02)) is None
    assert frames_for_spread(with_error(0.009)) is None
    factor = frames_for_spread(with_error(0.02))
    assert factor == pytest.approx(4.0, abs=0.11)
    assert frames_for_spread(with_error(0.02 / sqrt(factor + 0.01))) is None
