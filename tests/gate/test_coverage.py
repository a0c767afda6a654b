"""What the gate does not judge, it names: conditions, figures and models."""

from __future__ import annotations

import pandas as pd

from robustbench_cells.gate.comparison import compare
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.reporting.gate_text import gate_lines, gate_markdown
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import BASELINE, JACCARD, drop, run_of, without
from tests.support.manifests import with_fact


def test_a_part_of_the_grid_is_judged_and_the_rest_named() -> None:
    part = without(lambda table: table["artefact"] == "noise")(run_of(drop("noise", 50, 0.5)))
    part = with_fact(part, "tests", "ran", value=8)
    gate = compare(BASELINE, part, JACCARD)
    assert gate.verdict is GateOutcome.NON_INFERIOR
    assert set(gate.not_covered) == {"unet-noise-0", "unet-noise-50", "unet-noise-200"}
    assert "of the part that ran" in gate_lines(gate, "curves")
    assert "not covered: unet-noise-0, unet-noise-50, unet-noise-200" in gate_lines(gate, "curves")


def test_a_part_is_called_one_though_the_baseline_is_cut_alike() -> None:
    cut = without(lambda table: table["artefact"] != "clean")
    part, less = (with_fact(cut(run_of()), "tests", "ran", value=2) for _ in range(2))
    gate = compare(less, part, JACCARD)
    assert "(1 holds, of the part that ran)" in gate_lines(gate, "curves")
    assert "covers what ran, 2 of 14 tests of the grid" in gate_lines(gate, "curves")
    assert "2 of 14 tests of the grid" in gate_markdown(gate)


def test_a_figure_that_neither_side_has_is_named() -> None:
    nothing = drop("noise", 200, float("nan"), "precision")
    gate = compare(run_of(nothing), run_of(nothing), {"precision": 0.01})
    assert gate.not_covered == ["precision unet-noise-200 (undefined)"]


def test_models_that_were_not_run_are_named() -> None:
    other = BASELINE.records.assign(segmenter=BASELINE.records["segmenter"].replace("unet", "unet_other"))
    both = Results(pd.concat([BASELINE.records, other[other["segmenter"] == "unet_other"]]), BASELINE.run)
    assert compare(both, run_of(), JACCARD).not_covered == ["unet_other (not run)"]
