"""One verdict among many: the correction for their number."""

from __future__ import annotations

import pytest
from scipy.special import stdtrit

from robustbench_cells.gate.criteria import CRITERIA, PairedDifference
from robustbench_cells.gate.decision import Decision, GateOutcome, assign_verdicts
from robustbench_cells.gate.statistics import Estimate


def make_alarm(p: float, looks: int = 1) -> Decision:
    """A difference whose one-sided p-value of 'worse than 0.01' is ``p``."""
    estimate = Estimate(-0.01 + 0.001 * float(stdtrit(11, p)), 0.001, 12)
    return Decision(CRITERIA.get("jaccard"), "unet", PairedDifference("noise", 50.0, 0.8, 0.7, estimate), 0.01, looks)


@pytest.mark.parametrize("looks", [1, 3])
def test_a_p_value_is_two_sided_and_adjusted_for_every_look(looks: int) -> None:
    assert make_alarm(0.001, looks).p_alone == pytest.approx(2 * looks * 0.001)
    assert make_alarm(0.4, looks).p_alone == pytest.approx(min(1, looks * 0.8))


def test_an_alarm_among_many_must_be_more_significant_than_one_alone() -> None:
    assert assign_verdicts([make_alarm(0.01)])[0].verdict is GateOutcome.REGRESSED
    assert {one.verdict for one in assign_verdicts([make_alarm(0.01)] * 20)} == {GateOutcome.INCONCLUSIVE}
    first, *others = assign_verdicts([make_alarm(0.001), *[make_alarm(0.5)] * 19])
    assert first.verdict is GateOutcome.REGRESSED
    assert first.p_regresses == pytest.approx(20 * 2 * 0.001)
    assert GateOutcome.REGRESSED not in {one.verdict for one in others}
