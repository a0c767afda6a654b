"""What two runs are compared by: each aspect sees its own fall, and each is whole."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.gate.comparison import compare
from robustbench_cells.gate.criteria import CRITERIA, PairedRecords
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.results.curves import break_point_distance
from tests.support.gate_runs import BASELINE, drop, run_of, where, without


@pytest.mark.parametrize(
    ("criterion", "change"),
    [
        ("precision", drop("noise", 50, 0.1, "precision")),
        ("recall", drop("noise", 50, 0.1, "recall")),
        ("cells", drop("noise", 50, 5, "cells_predicted")),
        ("cells", drop("noise", 50, -5, "cells_predicted")),
        ("break_point", drop("noise", 50, 0.3)),
        ("break_point", drop("cell_size", 0.5, 0.5)),
        ("break_point", drop("cell_size", 2, 0.5)),
    ],
)
def test_each_aspect_sees_its_own_fall(criterion: str, change: Callable[[pd.DataFrame], None]) -> None:
    for name in CRITERIA.names():
        gate = compare(BASELINE, run_of(change), {name: CRITERIA.get(name).tolerance})
        sees = name == criterion or (criterion == "break_point" and name == "jaccard")
        assert (gate.verdict is GateOutcome.REGRESSED) == sees


def test_where_a_score_breaks() -> None:
    clean = np.array(1.0)
    for scores, distances, at in (
        ([0.99, 0.8], [0, 100], 100 * 0.09 / 0.19),
        ([0.8], [100], -inf),  # somewhere before: what the stretch alone does is not known
        ([0.95, 0.85], [50, 100], 75.0),  # it held where it was first looked at
        ([0.85, 0.8], [0, 100], 0.0),  # the stretch alone breaks it
        ([0.99, 0.95], [0, 100], inf),  # never
        ([0.99, 0.8, 0.95], [0, 50, 100], 50 * 0.09 / 0.19),  # the first time counts
    ):
        assert break_point_distance(np.array(scores), clean, distances) == pytest.approx(at)
    for collapsed in ([0.0, 0.0], [0.5, 0.5]):  # from the start, whatever it finds in noise
        assert break_point_distance(np.array(collapsed), np.array(0.0), [0, 100]) == 0
    many = break_point_distance(np.array([[0.99, 0.8], [0.99, 0.95]]), np.array([1.0, 1.0]), [0, 100])
    assert many == pytest.approx([100 * 0.09 / 0.19, inf])


def test_a_candidate_that_breaks_nobody_knows_where_never_holds() -> None:
    """Without sigma 0 a break before 50 may be anywhere, so like that of the baseline it may be far worse."""
    without_0 = without(lambda table: (table["artefact"] == "noise") & (table["intensity"] == 0))
    broken, sound = (without_0(run_of(change)) for change in (drop("noise", 50, 0.3), drop("noise", 200, -0.3)))
    found = {}
    for baseline, candidate in ((broken, broken), (broken, sound), (sound, broken), (sound, sound)):
        gate = compare(baseline, candidate, {"break_point": 0.1})
        (one,) = [one for one in gate.decisions if one.difference.artefact == "noise"]
        found[baseline is sound, candidate is sound] = one
    assert found[False, False].verdict is GateOutcome.INCONCLUSIVE
    assert "may break below 50, and where is not known, since 0 did not run" in found[False, False].difference.remark
    assert found[False, True].verdict is found[True, True].verdict is GateOutcome.NON_INFERIOR
    assert found[True, False].verdict is GateOutcome.REGRESSED


def test_a_candidate_that_one_block_holds_up_never_holds() -> None:
    def barely(table: pd.DataFrame) -> None:
        """Its mean at 50 is just above 90 % of clean, by the merit of one frame."""
        clean = table.loc[where(table, "clean"), "jaccard"].mean()
        rows = table[where(table, "noise", 50)]
        first = rows["frame"] == rows["frame"].iloc[0]
        table.loc[rows.index, "jaccard"] = 0.89 * clean
        table.loc[rows.index[first], "jaccard"] += 0.0101 * clean / first.mean()

    without_0 = without(lambda table: (table["artefact"] == "noise") & (table["intensity"] == 0))
    gate = compare(without_0(run_of()), without_0(run_of(barely)), {"break_point": 0.9})
    (one,) = [one for one in gate.decisions if one.difference.artefact == "noise"]
    assert one.difference.candidate >= 50
    assert one.verdict is not GateOutcome.NON_INFERIOR


@pytest.mark.parametrize("name", CRITERIA.names())
def test_every_aspect_is_whole(name: str) -> None:
    """The contract: whatever the records, a figure and no warning, and swapping the two runs swaps the sign."""
    criterion = CRITERIA.get(name)
    merged = BASELINE.records.merge(
        run_of(drop("noise", 50, 0.2), seed=5, spread=0.02).records,
        on=["segmenter", "artefact", "intensity", "frame", "patch"],
        suffixes=("_old", "_new"),
    ).query("segmenter == 'unet'")
    merged = merged.assign(block=merged["frame"].astype(int) // 5)
    swapped = merged.rename(
        columns=lambda name: name.replace("_old", "_x").replace("_new", "_old").replace("_x", "_new")
    )
    neutral = {"noise": 0.0, "cell_size": 1.0}
    there, back = (list(criterion.differences(PairedRecords(table, neutral))) for table in (merged, swapped))
    assert there
    assert criterion.tolerance > 0
    assert type(criterion).__doc__
    for one, other in zip(there, back, strict=True):
        assert one.estimate.value == pytest.approx(-other.estimate.value)
        assert one.estimate.error == pytest.approx(other.estimate.error)
        assert np.isfinite([one.baseline, one.candidate, one.estimate.value, one.estimate.error]).all()
