"""Criteria of cells: the difference of two pooled ratios, judged in the direction that is better."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from robustbench_cells.errors import GateError
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.results.tables import Results
from tests.support.cell_runs import COUNTS, GROUP, with_cells
from tests.support.gate_runs import BASELINE, compare, select_unet

WITH_CELLS = with_cells(BASELINE)
WITHOUT = Results(BASELINE.records, BASELINE.run)
WORSE = with_cells(BASELINE, worse=0.2, seed=3)
SCORES = [metric.name for metric in GROUP if not metric.is_part and not metric.target]


def test_each_score_has_a_criterion_of_its_name_in_its_direction() -> None:
    for metric in GROUP:
        if metric.name in SCORES:
            assert CRITERIA.get(metric.name).better == {"highest": "more", "lowest": "less"}[metric.best]


@pytest.mark.parametrize("name", [name for name in SCORES if name != "sq"])  # the IoU of matched cells is the same
def test_a_candidate_that_loses_cells_regresses_and_an_equal_one_passes(name: str) -> None:
    tolerances = {name: CRITERIA.get(name).tolerance}
    assert compare(WITH_CELLS, WORSE, tolerances).verdict is GateOutcome.REGRESSED
    assert compare(WITH_CELLS, WITH_CELLS, tolerances).verdict is GateOutcome.NON_INFERIOR
    assert compare(WORSE, WITH_CELLS, tolerances).verdict is GateOutcome.NON_INFERIOR


def test_the_values_are_ratios_of_sums_over_the_patches() -> None:
    gate = compare(WITH_CELLS, WORSE, {"ap50": 0.02, "merged": 0.01})
    rows = WORSE.records[select_unet(WORSE.records, "noise", 50)]
    matched, sides = rows["matched_50"].sum(), rows["instances_true"].sum() + rows["instances_predicted"].sum()
    expected = {"ap50": matched / (sides - matched), "merged": rows["merged"].sum() / rows["instances_true"].sum()}
    found = {
        one.criterion.name: one.difference
        for one in gate.decisions
        if one.difference.condition == "noise-50" and one.segmenter == "unet"
    }
    for name, value in expected.items():
        assert found[name].candidate == pytest.approx(value)
        assert found[name].estimate.value == pytest.approx(value - found[name].baseline)


def test_a_candidate_without_a_defined_score_cannot_hold() -> None:
    lost = WITH_CELLS.records.copy()
    counts = [name for name in lost if name.startswith("matched")]
    lost.loc[select_unet(lost, "noise", 50), counts] = 0
    gate = compare(WITH_CELLS, Results(lost, WITH_CELLS.run), {"sq": 0.01})
    (one,) = (one for one in gate.decisions if one.difference.condition == "noise-50")
    assert np.isnan(one.difference.candidate)
    assert "undefined for the candidate" in one.difference.caveat
    assert gate.verdict is not GateOutcome.NON_INFERIOR


def test_a_baseline_without_cells_is_refused_with_the_remedy() -> None:
    with pytest.raises(GateError, match=r"the baseline has no ap50, which .*: re-create it with --rb-metric=ap50$"):
        compare(BASELINE, WITH_CELLS, {"ap50": 0.02})
    with pytest.raises(GateError, match=r"the candidate has no instances_true, merged, .*: run it with --rb-metric="):
        compare(WITH_CELLS, WITHOUT, {"merged": 0.01})


def test_a_baseline_without_cells_still_serves_for_what_it_has() -> None:
    assert compare(BASELINE, WITH_CELLS, {"jaccard": 0.01}).verdict is GateOutcome.NON_INFERIOR


@pytest.mark.parametrize(
    "name", [name for name in SCORES if name not in {"sq", "hd95"} and CRITERIA.get(name).worst < inf]
)
def test_a_model_that_loses_every_cell_regresses_at_the_largest_tolerance(name: str) -> None:
    """Whatever a criterion accepts as a tolerance can still be exceeded."""
    run = with_cells(BASELINE, worse=-0.2)
    right, ruined = run.records.copy(), run.records.copy()
    lost = ["count_difference", "missed", "invented", "merged", "split"]
    found = [name for name in COUNTS if name.startswith(("matched", "held", "outline_found", "outline_right"))]
    right[lost] = 0.0
    ruined[found] = 0.0
    ruined[lost] = np.tile(ruined[["instances_true"]], len(lost))
    runs = (Results(table, run.run) for table in (right, ruined))
    assert compare(*runs, {name: 0.999 * CRITERIA.get(name).worst}).verdict is GateOutcome.REGRESSED


@pytest.mark.parametrize(("name", "tolerance"), [("merged", 1.0), ("ap50", 1.0), ("sq", 0.5)])
def test_a_tolerance_that_any_model_would_meet_is_refused(name: str, tolerance: float) -> None:
    with pytest.raises(GateError, match=f"the tolerance of {name} is {tolerance:g} .*; it must be below {tolerance:g}"):
        compare(WITH_CELLS, WORSE, {name: tolerance})


def test_a_baseline_that_has_lost_every_cell_leaves_nothing_to_judge() -> None:
    lost = WITH_CELLS.records.assign(merged=WITH_CELLS.records["instances_true"], invented=99.0)
    run = Results(lost, WITH_CELLS.run)
    with pytest.raises(GateError, match="no candidate could fail merged of unet: the baseline has 1 at most"):
        compare(run, run, {"merged": 0.01})
    assert compare(run, run, {"invented": 0.01}).verdict is GateOutcome.NON_INFERIOR  # there is no most


def test_early_stopping_pools_the_frames_of_each_look() -> None:
    worse = compare(WITH_CELLS, WORSE, {"ap50": 0.02}, sequential=True)
    assert worse.verdict is GateOutcome.REGRESSED
    assert worse.patches[0] < worse.patches[1]
    assert compare(WITH_CELLS, WITH_CELLS, {"ap50": 0.02}, sequential=True).verdict is GateOutcome.NON_INFERIOR
