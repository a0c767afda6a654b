"""The area under each curve, on the artefact's own scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.gate.criteria import CRITERIA, PairedDifference
from robustbench_cells.gate.pairing import covered_patches, pair_records, paired_records
from robustbench_cells.gate.spread import axis_value, condition_means
from robustbench_cells.results.axes import Axis
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import BASELINE, CLEAN_RUN, LEVELS, drop, make_run
from tests.support.manifests import changed_manifest


def differences(candidate: Results, run=CLEAN_RUN) -> dict[str, PairedDifference]:  # type: ignore[no-untyped-def]
    rows = covered_patches(pair_records(BASELINE, candidate, "unet", "unet"), run)
    return {one.artefact: one for one in CRITERIA.get("area").differences(paired_records(rows, run))}


def test_a_drop_at_one_condition_weighs_what_it_has_of_the_axis() -> None:
    """By the trapezoidal rule: of 0, 50 and 200 the middle one has half the range, whatever the spacing."""
    found = differences(make_run(drop("noise", 50, 0.1)))
    assert found["noise"].estimate.value == pytest.approx(-0.05)
    assert found["clean"].estimate.value == found["cell_size"].estimate.value == 0
    assert differences(make_run(drop("noise", 200, 0.1)))["noise"].estimate.value == pytest.approx(-0.1 * 75 / 200)
    assert differences(make_run(drop("clean", 0, 0.1)))["clean"].estimate.value == pytest.approx(-0.1)


def test_an_axis_has_the_value_that_its_conditions_give() -> None:
    means = condition_means(BASELINE, "unet")
    for artefact, one in differences(BASELINE).items():
        assert tuple(one.levels) == LEVELS[artefact]
        assert one.baseline == pytest.approx(axis_value(means, artefact, one.levels, Axis(0.0)))
        area = np.trapezoid([means[artefact, level] for level in one.levels], one.levels) if artefact != "clean" else 0
        assert one.baseline == pytest.approx(
            means["clean", 0.0] if artefact == "clean" else area / (one.levels[-1] - one.levels[0])
        )


def test_its_error_is_that_of_the_weighted_mean_of_the_blocks() -> None:
    """Every block has as many patches under each condition, so the area of a block is the mean of its conditions'."""
    candidate = make_run(seed=3, spread=0.01)
    one = differences(candidate)["noise"]
    table = candidate.records.query("segmenter == 'unet' and artefact == 'noise'")
    other = BASELINE.records.query("segmenter == 'unet' and artefact == 'noise'")
    lost = (
        table.set_index(["intensity", "frame", "patch"])["jaccard"]
        - other.set_index(["intensity", "frame", "patch"])["jaccard"]
    )
    block = pd.Series(lost.index.get_level_values("frame").astype(int) // 5, lost.index, name="block")
    of_block = lost.groupby([lost.index.get_level_values("intensity"), block]).mean().unstack("block")
    weights = np.array([25, 100, 75]) / 200
    values = weights @ of_block.to_numpy()
    assert one.estimate.value == pytest.approx(values.mean())
    assert one.estimate.error == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)))


def test_intensities_added_for_break_points_are_no_part_of_an_axis() -> None:
    run = changed_manifest(CLEAN_RUN, "settings", "refined", value={"noise": [50.0]})
    assert tuple(differences(make_run(drop("noise", 50, 0.1)), run)["noise"].levels) == (0.0, 200.0)
