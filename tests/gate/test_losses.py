"""Where a model lost: curves, and the frames that carry a loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.gate.losses import AxisLoss, find_losses, frame_parts
from robustbench_cells.gate.pairing import covered_patches, pair_records, paired_records
from robustbench_cells.results.tables import Results
from tests.support.gate_runs import BASELINE, FRAMES, LEVELS, baselines_of, judge, lower, make_run, select_unet


def losses_of(candidate: Results) -> dict[str, AxisLoss]:
    rows = covered_patches(pair_records(BASELINE, candidate, "unet", "unet"), candidate.run)
    return {one.axis: one for one in find_losses(paired_records(rows, candidate.run), "unet")}


def test_a_curve_is_the_mean_at_each_intensity() -> None:
    candidate = make_run(lower("noise", 0.1))
    noise = losses_of(candidate)["noise"]
    for table, values in ((BASELINE.records, noise.baseline), (candidate.records, noise.candidate)):
        assert values == pytest.approx(
            [table[select_unet(table, "noise", at)]["jaccard"].mean() for at in LEVELS["noise"]]
        )
    assert tuple(noise.intensities) == LEVELS["noise"]


def test_the_frames_that_lost_are_named_the_worst_first() -> None:
    def change(rows: pd.DataFrame) -> None:
        for frame, by in (("3", 0.3), ("17", 0.1), ("5", -0.4)):
            rows.loc[select_unet(rows, "clean") & (rows["frame"] == frame), "jaccard"] -= by

    frames = losses_of(make_run(change))["clean"].frames
    assert (frames.total, frames.losing, frames.half) == (FRAMES, 2, 1)
    assert [name for name, _ in frames.worst] == ["3", "17"]
    assert [share for _, share in frames.worst] == pytest.approx([0.75, 0.25])


def test_no_loss_names_no_frame() -> None:
    frames = losses_of(make_run())["noise"].frames
    assert (frames.losing, frames.half, frames.worst) == (0, 0, ())


def test_a_loss_that_all_frames_share_takes_half_of_them() -> None:
    frames = losses_of(make_run(lower("noise", 0.1)))["noise"].frames
    assert frames.losing == FRAMES
    assert frames.half in {FRAMES // 2, FRAMES // 2 + 1}


def test_the_parts_of_all_frames_add_up_to_the_difference_of_the_axis() -> None:
    candidate = make_run(lower("noise", 0.1), seed=3, spread=0.02)
    gate = judge(baselines_of(BASELINE), candidate)
    rows = covered_patches(pair_records(BASELINE, candidate, "unet", "unet"), candidate.run)
    (of_axis,) = (one.difference for one in gate.decisions if one.name == "area unet-noise")
    tables = [rows[(rows["artefact"] == "noise") & (rows["intensity"] == level)] for level in LEVELS["noise"]]
    assert frame_parts(tables, LEVELS["noise"])[1].sum() == pytest.approx(of_axis.estimate.value)
    assert {one.axis for one in gate.losses} == set(LEVELS)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-4, 4)), min_size=1, max_size=12))
def test_half_of_the_losses_is_on_no_fewer_frames(rows: list[tuple[str, int]]) -> None:
    table = pd.DataFrame(rows, columns=["frame", "jaccard_new"]).assign(jaccard_old=0)
    names, parts = frame_parts([table], [0.0])
    table = table.assign(artefact="clean", intensity=0.0, position=0, block=0)
    frames = next(find_losses(paired_records(table, BASELINE.run), "m")).frames
    losses = np.sort(-np.minimum(parts, 0))[::-1]
    assert frames.total == len(names)
    assert losses[: frames.half].sum() >= losses.sum() / 2 - 1e-12
    assert frames.half == 0 or losses[: frames.half - 1].sum() < losses.sum() / 2 + 1e-12
    assert sum(share for _, share in frames.worst) == pytest.approx(1.0 if frames.losing else 0.0)
