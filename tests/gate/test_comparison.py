"""Verdicts on synthetic runs, and what they do not cover."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import GateError
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.reporting.gate_text import gate_lines, gate_markdown
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import (
    BASELINE,
    JACCARD,
    compare,
    drop,
    make_run,
    remove_rows,
    rename_model,
    select_unet,
    verdicts,
)
from tests.support.manifests import change_manifest


def test_a_model_is_no_worse_than_itself() -> None:
    of_pixels = [one for one in CRITERIA if set(one.metrics) <= set(BASELINE.run.metrics)]
    gate = compare(BASELINE, make_run(), {one.name: one.tolerance for one in of_pixels})
    assert gate.verdict is GateOutcome.NON_INFERIOR
    assert set(verdicts(gate).values()) == {"holds"}
    assert len(gate.decisions) == 4 * 7 + 3 + 3  # axes; break-points: noise, and cell_size in both directions
    assert gate.not_covered == []


def test_only_the_condition_that_drops_regresses() -> None:
    gate = compare(BASELINE, make_run(drop("noise", 50, 0.04), seed=1, spread=0.004), JACCARD)
    assert gate.verdict is GateOutcome.REGRESSED
    assert [name for name, verdict in verdicts(gate).items() if verdict == "regresses"] == ["jaccard unet-noise-50"]
    (bad,) = (one for one in gate.decisions if one.verdict is GateOutcome.REGRESSED)
    assert bad.difference.estimate.value == pytest.approx(-0.04, abs=0.005)
    assert bad.difference.candidate - bad.difference.baseline == pytest.approx(bad.difference.estimate.value)


def test_a_drop_within_the_tolerance_holds_and_one_near_it_is_inconclusive() -> None:
    assert compare(BASELINE, make_run(drop("clean", 0, 0.005)), JACCARD).verdict is GateOutcome.NON_INFERIOR
    near = compare(BASELINE, make_run(drop("clean", 0, 0.01), seed=1, spread=0.01), JACCARD)
    assert near.verdict is GateOutcome.INCONCLUSIVE
    assert compare(BASELINE, make_run(drop("clean", 0, 0.04)), {"jaccard": 0.05}).verdict is GateOutcome.NON_INFERIOR


def test_an_improvement_holds_and_is_reported() -> None:
    gate = compare(BASELINE, make_run(drop("noise", 200, -0.1), seed=1, spread=0.004), JACCARD)
    assert gate.verdict is GateOutcome.NON_INFERIOR
    assert [one.name for one in gate.decisions if one.improves] == ["jaccard unet-noise-200"]
    (better,) = (one for one in gate.decisions if one.improves)
    assert better.interval[0] > 0.09
    lines, text = gate_lines(gate, "curves"), gate_markdown(gate).replace("\\", "")
    assert "7 holds, 1 significantly better" in lines
    assert "better: noise-200 +0.099" in lines
    assert "(7 holds, 1 significantly better)" in text
    assert "Significantly better than the baseline: jaccard unet-noise-200 +0.099 [+0.098, +0.100]" in text


def test_fewer_errors_are_an_improvement_too() -> None:
    def miscount(table: pd.DataFrame) -> None:
        table.loc[select_unet(table, "clean"), "cells_predicted"] = 25.0 + table["frame"].astype(int) % 3

    better = compare(make_run(miscount), make_run(), {"cells": 0.05})
    assert [one.name for one in better.decisions if one.improves] == ["cells unet-clean"]
    worse = compare(make_run(), make_run(miscount), {"cells": 0.05})
    assert not any(one.improves for one in worse.decisions)


def test_chance_improvements_are_rare_over_the_whole_grid() -> None:
    """At 5 % for all conditions together: of 40 retrainings that change nothing, about two report any."""
    alarms = sum(
        any(one.improves for one in compare(BASELINE, make_run(seed=seed, spread=0.01), JACCARD).decisions)
        for seed in range(40)
    )
    assert alarms <= 5  # of 40: more has a probability of 1 %


def test_a_score_that_is_better_but_partly_undefined_is_no_improvement() -> None:
    def change(table: pd.DataFrame) -> None:
        rows = select_unet(table, "noise", 200)
        table.loc[rows, "precision"] += 0.1
        table.loc[rows & (table["frame"] == "3"), "precision"] = np.nan

    assert not any(one.improves for one in compare(BASELINE, make_run(change), {"precision": 0.01}).decisions)


def test_correlated_frames_count_as_one_block() -> None:
    """Forty frames in eight blocks of five that vary together are eight samples."""

    def change(rows: pd.DataFrame) -> None:
        block = rows["frame"].astype(int) // 5
        rows.loc[select_unet(rows, "clean"), "jaccard"] += block.map(dict(enumerate((-0.05, 0.03, -0.05, 0.02) * 2)))

    (blocked,) = (
        one for one in compare(BASELINE, make_run(change), JACCARD).decisions if one.difference.condition == "clean"
    )
    assert blocked.difference.estimate.blocks == 8
    single, baseline = (change_manifest(run, "settings", "block", value=1) for run in (make_run(change), make_run()))
    (independent,) = (
        one for one in compare(baseline, single, JACCARD).decisions if one.difference.condition == "clean"
    )
    assert independent.difference.estimate.blocks == 40
    assert blocked.difference.estimate.error > 1.8 * independent.difference.estimate.error


@given(st.integers(0, 10_000))
def test_the_order_of_records_does_not_matter(seed: int) -> None:
    shuffled = make_run(drop("noise", 50, 0.02), seed=3, spread=0.01)
    mixed = Results(shuffled.records.sample(frac=1, random_state=seed), shuffled.run)
    assert verdicts(compare(BASELINE, mixed, JACCARD)) == verdicts(compare(BASELINE, shuffled, JACCARD))


def test_a_renamed_model_is_mapped_to_its_name_in_the_baseline() -> None:
    gate = compare(BASELINE, rename_model(make_run(drop("noise", 50, 0.5))), JACCARD, {"unet_2": "unet"})
    assert [one.name for one in gate.decisions if one.verdict is GateOutcome.REGRESSED] == ["jaccard unet_2-noise-50"]
    with pytest.raises(GateError, match="the candidate run has no unet_3, which was mapped to unet"):
        compare(BASELINE, make_run(), JACCARD, {"unet_3": "unet"})


def test_a_score_undefined_for_the_candidate_only_never_holds() -> None:
    def change(table: pd.DataFrame) -> None:
        table.loc[select_unet(table, "noise", 200) & (table["patch"] == 0) & (table["frame"] == "3"), "precision"] = (
            np.nan
        )

    gate = compare(BASELINE, make_run(change), {"precision": 0.01})
    assert verdicts(gate)["precision unet-noise-200"] == "inconclusive"
    assert "undefined for the candidate on 1 patch where the baseline is defined" in gate_lines(gate, "curves")
    everywhere = compare(BASELINE, make_run(drop("noise", 200, float("nan"), "precision")), {"precision": 0.01})
    assert verdicts(everywhere)["precision unet-noise-200"] == "inconclusive"
    both = compare(make_run(change), make_run(change), {"precision": 0.01})
    assert both.verdict is GateOutcome.NON_INFERIOR


def test_a_partial_grid_gets_a_verdict_that_names_the_rest() -> None:
    part = remove_rows(lambda table: table["artefact"] == "noise")(make_run(drop("noise", 50, 0.5)))
    part = change_manifest(part, "tests", "ran", value=8)
    gate = compare(BASELINE, part, JACCARD)
    assert gate.verdict is GateOutcome.NON_INFERIOR
    assert set(gate.not_covered) == {"unet-noise-0", "unet-noise-50", "unet-noise-200"}
    assert "of the part that ran" in gate_lines(gate, "curves")
    assert "not covered: unet-noise-0, unet-noise-50, unet-noise-200" in gate_lines(gate, "curves")


def test_a_partial_grid_is_marked_even_if_the_baseline_is_as_partial() -> None:
    keep_clean = remove_rows(lambda table: table["artefact"] != "clean")
    candidate, baseline = (change_manifest(keep_clean(make_run()), "tests", "ran", value=2) for _ in range(2))
    gate = compare(baseline, candidate, JACCARD)
    assert "decisions: 1 holds, of the part that ran" in gate_lines(gate, "curves")
    assert "covers the 2 of 14 tests of the grid that ran" in gate_lines(gate, "curves")
    assert "2 of 14 tests of the grid" in gate_markdown(gate)


def test_a_score_that_is_undefined_in_both_runs_is_named() -> None:
    undefined = drop("noise", 200, float("nan"), "precision")
    gate = compare(make_run(undefined), make_run(undefined), {"precision": 0.01})
    assert gate.not_covered == ["precision unet-noise-200 (undefined)"]


def test_models_that_did_not_run_are_named() -> None:
    other = BASELINE.records.assign(segmenter=BASELINE.records["segmenter"].replace("unet", "unet_other"))
    both = Results(pd.concat([BASELINE.records, other[other["segmenter"] == "unet_other"]]), BASELINE.run)
    assert compare(both, make_run(), JACCARD).not_covered == ["unet_other (not run)"]


def test_a_tolerance_that_no_candidate_could_fail_is_refused() -> None:
    worst = make_run(lambda rows: rows.loc[rows["segmenter"] == "unet", "jaccard"].mul(0))
    with pytest.raises(GateError, match=r"no candidate could fail jaccard of unet: the baseline has 0\.8\d+ at most"):
        compare(BASELINE, worst, {"jaccard": 0.99})
    low = make_run(lambda rows: rows.update(rows["jaccard"] * 0.5))
    with pytest.raises(GateError, match=r"0\.4\d+ at most, and the tolerance is 0\.5"):
        compare(low, worst, {"jaccard": 0.5})
    assert compare(BASELINE, BASELINE, {"jaccard": 0.84}).verdict is GateOutcome.NON_INFERIOR  # clean can fail
