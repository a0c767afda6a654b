"""Every criterion detects a drop of its own and fulfils the contract."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.gate.criteria import CRITERIA, PairedRecords
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.results.axes import Axis
from tests.support.cell_runs import with_cells
from tests.support.gate_runs import BASELINE, compare, drop, make_run


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
def test_each_criterion_detects_its_own_drop(criterion: str, change: Callable[[pd.DataFrame], None]) -> None:
    for name in (one for one in CRITERIA.names() if set(CRITERIA.get(one).metrics) <= set(BASELINE.run.metrics)):
        gate = compare(BASELINE, make_run(change), {name: CRITERIA.get(name).tolerance})
        is_detected = name == criterion or (criterion == "break_point" and name in {"area", "jaccard"})
        assert (gate.verdict is GateOutcome.REGRESSED) == is_detected


@pytest.mark.parametrize("name", CRITERIA.names())
def test_every_criterion_fulfils_the_contract(name: str) -> None:
    """Finite values without a warning, and swapping the two runs changes the sign."""
    criterion = CRITERIA.get(name)
    merged = (
        with_cells(BASELINE)
        .records.merge(
            with_cells(make_run(drop("noise", 50, 0.2), seed=5, spread=0.02), worse=0.1, seed=5).records,
            on=["segmenter", "artefact", "intensity", "frame", "patch"],
            suffixes=("_old", "_new"),
        )
        .query("segmenter == 'unet'")
    )
    merged = merged.assign(position=merged["frame"].astype(int), block=merged["frame"].astype(int) // 5)
    swapped = merged.rename(
        columns=lambda name: name.replace("_old", "_x").replace("_new", "_old").replace("_x", "_new")
    )
    axes = {"noise": Axis(0.0), "cell_size": Axis(1.0)}
    forward, backward = (list(criterion.differences(PairedRecords(table, axes))) for table in (merged, swapped))
    assert forward
    assert criterion.tolerance > 0
    assert type(criterion).__doc__
    for one, other in zip(forward, backward, strict=True):
        assert one.estimate.value == pytest.approx(-other.estimate.value)
        assert one.estimate.error == pytest.approx(other.estimate.error)
        assert np.isfinite([one.baseline, one.candidate, one.estimate.value, one.estimate.error]).all()


@pytest.mark.parametrize("frames", [8, 24, 60])
def test_the_interval_that_is_shown_holds_the_difference_of_correlated_frames(frames: int) -> None:
    """93 % at a correlation of 0.6 from one frame to the next; with 300 runs 88 % is its limit of one in a thousand."""
    rng = np.random.default_rng(frames)
    position = np.repeat(np.arange(frames), 6)
    held = []
    for _ in range(300):
        effect = rng.normal(0, 0.05, frames)
        for frame in range(1, frames):
            effect[frame] = 0.6 * effect[frame - 1] + 0.8 * effect[frame]
        old, new = 0.6 + rng.normal(0, 0.06, (2, 6 * frames))
        columns = {
            "artefact": "clean",
            "intensity": 0.0,
            "frame": position.astype(str),
            "patch": np.arange(len(old)) % 6,
        }
        blocks = {"position": position, "block": position // 5}
        table = pd.DataFrame(columns | blocks | {"jaccard_old": old, "jaccard_new": new + effect[position]})
        (one,) = CRITERIA.get("jaccard").differences(PairedRecords(table, {}, 5))
        assert one.shown
        low, high = one.shown.interval()
        assert one.shown.value == pytest.approx(one.estimate.value)
        held.append(low <= 0 <= high)
    assert np.mean(held) > 0.88
