"""Where the model in use has nothing to lose, it cannot regress, and does not hold either."""

from __future__ import annotations

import pandas as pd
import pytest

from robustbench_cells.errors import GateError
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.floors import find_floors
from robustbench_cells.gate.pairing import covered_patches, pair_records, paired_records
from tests.support.gate_runs import BASELINE, CLEAN_RUN, baselines_of, judge, make_run, select_unet, verdicts


def set_score(level: float, score: float, *, background: float | None = None):  # type: ignore[no-untyped-def]
    """Set the scores under a noise, of the network and of the background."""

    def change(rows: pd.DataFrame) -> None:
        selected = select_unet(rows, "noise", level)
        rows.loc[selected, "jaccard"] = score + 0.01 * (rows.loc[selected, "patch"] - 2.5)
        if background is not None:
            other = (rows["segmenter"] == "background") & (rows["artefact"] == "noise") & (rows["intensity"] == level)
            rows.loc[other, "jaccard"] = background

    return change


def floors(run) -> set[tuple[str, float]]:  # type: ignore[no-untyped-def]
    rows = covered_patches(pair_records(run, run, "unet", "unet"), CLEAN_RUN)
    return find_floors(paired_records(rows, CLEAN_RUN), run.records)


@pytest.mark.parametrize(
    ("score", "background", "at_floor"),
    [(0.04, None, True), (0.06, None, False), (0.4, 0.41, True), (0.4, 0.3, False), (0.4, None, False)],
)
def test_the_floor_is_005_or_the_line_of_the_background(score: float, background: float | None, at_floor: bool) -> None:
    assert (("noise", 200.0) in floors(make_run(set_score(200, score, background=background)))) == at_floor
    assert floors(BASELINE) == set()


def test_what_is_at_the_floor_is_named_so_and_is_no_regression() -> None:
    baseline = make_run(set_score(200, 0.045))
    gate = judge(baselines_of(baseline), make_run(set_score(200, 0.03)))
    assert verdicts(gate)["jaccard unet-noise-200"] == "at the floor"
    assert verdicts(gate)["area unet-noise"] == "holds"
    assert gate.verdict is GateOutcome.NON_INFERIOR
    better = judge(baselines_of(baseline), make_run(set_score(200, 0.6)))
    assert verdicts(better)["jaccard unet-noise-200"] == "at the floor"
    assert [one.name for one in better.decisions if one.improves] == ["area unet-noise"]


def test_a_model_that_has_nothing_to_lose_anywhere_is_not_judged() -> None:
    lost = make_run(lambda rows: rows.update(rows["jaccard"] * 0.01))
    with pytest.raises(
        GateError, match=r"no candidate could fail area of unet: the baseline is at the floor, with 0\.00"
    ):
        judge(baselines_of(lost), lost)
