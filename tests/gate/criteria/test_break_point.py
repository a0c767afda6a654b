"""The break-point criterion: left-censored break-points of the candidate never hold."""

from __future__ import annotations

import pandas as pd

from robustbench_cells.gate.decision import Decision, GateOutcome
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import compare, drop, make_run, remove_rows, select_unet

without_neutral = remove_rows(lambda table: (table["artefact"] == "noise") & (table["intensity"] == 0))


def decide_noise(baseline: Results, candidate: Results, tolerance: float) -> Decision:
    gate = compare(without_neutral(baseline), without_neutral(candidate), {"break_point": tolerance})
    (decision,) = [one for one in gate.decisions if one.difference.artefact == "noise"]
    return decision


def test_a_left_censored_candidate_never_holds() -> None:
    """Without sigma 0 a break-point below 50 may be anywhere, so it may be far worse than that of the baseline."""
    broken, valid = make_run(drop("noise", 50, 0.3)), make_run(drop("noise", 200, -0.3))
    both = decide_noise(broken, broken, 0.1)
    assert both.verdict is GateOutcome.INCONCLUSIVE
    assert (
        both.difference.caveat == "the candidate may break anywhere below 50 grey levels (left-censored: 0 was not run)"
    )
    assert decide_noise(broken, valid, 0.1).verdict is GateOutcome.NON_INFERIOR
    assert decide_noise(valid, valid, 0.1).verdict is GateOutcome.NON_INFERIOR
    remark = "both are interpolated; the baseline falls before 50 grey levels, the candidate before 50 grey levels"
    assert both.difference.remark == remark
    assert decide_noise(valid, broken, 0.1).verdict is GateOutcome.REGRESSED


def test_a_candidate_that_is_left_censored_without_one_block_never_holds() -> None:
    def keep_barely(table: pd.DataFrame) -> None:
        """Set the mean at 50 just above 90 % of clean, by virtue of one block."""
        clean = table.loc[select_unet(table, "clean"), "jaccard"].mean()
        rows = table[select_unet(table, "noise", 50)]
        first = rows["frame"].astype(int) < 5
        table.loc[rows.index, "jaccard"] = 0.89 * clean
        table.loc[rows.index[first], "jaccard"] += 0.0101 * clean / first.mean()

    decision = decide_noise(make_run(), make_run(keep_barely), 0.9)
    assert decision.difference.candidate >= 50
    assert decision.verdict is not GateOutcome.NON_INFERIOR
