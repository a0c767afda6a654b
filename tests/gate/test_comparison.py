"""The gate: verdicts on made-up runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import GateError
from robustbench_cells.gate.comparison import compare
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.reporting.gate_text import gate_lines
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import BASELINE, JACCARD, drop, renamed, run_of, verdicts, where
from tests.support.manifests import with_fact


def test_a_model_is_no_worse_than_itself() -> None:
    gate = compare(BASELINE, run_of(), {name: CRITERIA.get(name).tolerance for name in CRITERIA.names()})
    assert gate.verdict is GateOutcome.NON_INFERIOR
    assert set(verdicts(gate).values()) == {"holds"}
    assert len(gate.decisions) == 4 * 7 + 3  # break-points: noise, and cell_size both ways
    assert gate.not_covered == []


def test_one_condition_that_drops_is_named_and_no_other() -> None:
    gate = compare(BASELINE, run_of(drop("noise", 50, 0.04), seed=1, spread=0.004), JACCARD)
    assert gate.verdict is GateOutcome.REGRESSED
    assert [name for name, found in verdicts(gate).items() if found == "regresses"] == ["jaccard unet-noise-50"]
    (bad,) = (one for one in gate.decisions if one.verdict is GateOutcome.REGRESSED)
    assert bad.difference.estimate.value == pytest.approx(-0.04, abs=0.005)
    assert bad.difference.candidate - bad.difference.baseline == pytest.approx(bad.difference.estimate.value)


def test_a_drop_within_the_tolerance_holds_and_one_near_it_is_inconclusive() -> None:
    assert compare(BASELINE, run_of(drop("clean", 0, 0.005)), JACCARD).verdict is GateOutcome.NON_INFERIOR
    near = compare(BASELINE, run_of(drop("clean", 0, 0.01), seed=1, spread=0.01), JACCARD)
    assert near.verdict is GateOutcome.INCONCLUSIVE
    assert compare(BASELINE, run_of(drop("clean", 0, 0.04)), {"jaccard": 0.05}).verdict is GateOutcome.NON_INFERIOR


def test_what_gets_better_holds() -> None:
    assert compare(BASELINE, run_of(drop("noise", 200, -0.1)), JACCARD).verdict is GateOutcome.NON_INFERIOR


def test_frames_that_vary_together_are_not_many() -> None:
    """Forty frames in eight blocks of five that are all alike are eight."""

    def change(rows: pd.DataFrame) -> None:
        block = rows["frame"].astype(int) // 5
        rows.loc[where(rows, "clean"), "jaccard"] += block.map(dict(enumerate((-0.05, 0.03, -0.05, 0.02) * 2)))

    (together,) = (
        one for one in compare(BASELINE, run_of(change), JACCARD).decisions if one.difference.condition == "clean"
    )
    assert together.difference.estimate.blocks == 8
    single, baseline = (with_fact(run, "settings", "block", value=1) for run in (run_of(change), run_of()))
    (apart,) = (one for one in compare(baseline, single, JACCARD).decisions if one.difference.condition == "clean")
    assert apart.difference.estimate.blocks == 40
    assert together.difference.estimate.error > 1.8 * apart.difference.estimate.error


@given(st.integers(0, 10_000))
def test_order_does_not_matter(seed: int) -> None:
    shuffled = run_of(drop("noise", 50, 0.02), seed=3, spread=0.01)
    mixed = Results(shuffled.records.sample(frac=1, random_state=seed), shuffled.run)
    assert verdicts(compare(BASELINE, mixed, JACCARD)) == verdicts(compare(BASELINE, shuffled, JACCARD))


def test_a_model_of_another_name_is_laid_beside_the_one_that_is_meant() -> None:
    gate = compare(BASELINE, renamed(run_of(drop("noise", 50, 0.5))), JACCARD, {"unet_2": "unet"})
    assert [one.name for one in gate.decisions if one.verdict is GateOutcome.REGRESSED] == ["jaccard unet_2-noise-50"]
    with pytest.raises(GateError, match="its run has no unet_3"):
        compare(BASELINE, run_of(), JACCARD, {"unet_3": "unet"})


def test_a_score_that_only_the_candidate_leaves_undefined_never_holds() -> None:
    def change(table: pd.DataFrame) -> None:
        table.loc[where(table, "noise", 200) & (table["patch"] == 0) & (table["frame"] == "3"), "precision"] = np.nan

    gate = compare(BASELINE, run_of(change), {"precision": 0.01})
    assert verdicts(gate)["precision unet-noise-200"] == "inconclusive"
    assert "undefined on 1 patch on" in gate_lines(gate, "curves")
    every = compare(BASELINE, run_of(drop("noise", 200, float("nan"), "precision")), {"precision": 0.01})
    assert verdicts(every)["precision unet-noise-200"] == "inconclusive"
    neither = compare(run_of(change), run_of(change), {"precision": 0.01})
    assert neither.verdict is GateOutcome.NON_INFERIOR
