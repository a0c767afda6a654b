"""Break-points of a run."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.tables import Results
from tests.support.report_results import make_results

RUN = make_results({"strong": 0.9, "weak": 0.5, "background": 0.1})
CLEAN = {"strong": 0.874, "weak": 0.474}  # means over six frames and two patches


def of(results: Results, name: str, *, absolute: bool = True) -> dict[tuple[str, int], BreakPoint]:
    points = break_points(results)[name]
    return {(one.artefact, one.direction): one for one in points if one.limit.is_absolute is absolute}


def test_each_artefact_has_one_in_each_direction() -> None:
    at = of(RUN, "strong")
    assert set(at) == {("noise", 1), ("illumination", 1), ("cell_size", 1), ("cell_size", -1)}
    assert "background" not in break_points(RUN)
    noise = at["noise", 1]
    assert (noise.near, noise.far, noise.end) == (0, 50, 100)
    assert noise.interpolated == pytest.approx(0.1 * CLEAN["strong"] / 0.5 * 100)
    zoom = at["cell_size", -1]
    assert (zoom.near, zoom.far, zoom.right_censored) == (0.5, -inf, True)
    assert zoom.interpolated == -inf


def test_the_absolute_limit_is_that_of_the_best_clean_score() -> None:
    (limit,) = {point.limit for point in of(RUN, "weak").values()}
    assert (limit.best, limit.score) == ("strong", pytest.approx(0.9 * CLEAN["strong"]))
    assert all(point.broken_at_neutral for point in of(RUN, "weak").values())
    own = of(RUN, "weak", absolute=False)["noise", 1]
    assert (own.limit.best, own.limit.score) == ("weak", pytest.approx(0.9 * CLEAN["weak"]))
    assert (own.near, own.far) == (0, 50)


def test_a_limit_of_the_user_s_needs_no_clean_score() -> None:
    asked = replace(RUN.run, settings=replace(RUN.run.settings, floor=0.45))
    rows = RUN.records[RUN.records["artefact"] == "noise"].reset_index(drop=True)
    (point,) = break_points(Results(rows, asked))["strong"]
    assert (point.limit.score, point.limit.best) == (0.45, "")
    assert (point.near, point.far) == (50, 100)
    assert break_points(Results(rows, RUN.run)) == {"strong": (), "weak": ()}


@pytest.mark.parametrize(
    ("artefact", "direction", "nearest"), [("noise", 1, 100), ("cell_size", -1, 0.5), ("noise", 1, 50)]
)
def test_a_break_point_before_the_first_intensity_is_left_censored_without_neutral(
    artefact: str, direction: int, nearest: float
) -> None:
    """Sigma 0 stretches the contrast: it may have broken the model already, which clean does not show."""
    rows = RUN.records
    halved = rows.assign(jaccard=rows["jaccard"].where(rows["artefact"] == "clean", rows["jaccard"] / 2))
    part = halved[(halved["artefact"] == "clean") | (halved["intensity"] == nearest)].reset_index(drop=True)
    point = of(Results(part, RUN.run), "strong")[artefact, direction]
    assert point.left_censored
    assert not any((point.right_censored, point.broken_at_neutral, point.undefined))
    assert (point.nearest, point.far, point.interpolated) == (nearest, nearest, -direction * inf)


def test_one_frame_leaves_the_bracket_of_the_means() -> None:
    point = of(make_results({"m": 0.9}, frames=1), "m")["noise", 1]
    assert (point.near, point.far) == (0, 50)


def test_a_score_that_is_undefined_leaves_what_the_others_say() -> None:
    rows = RUN.records
    is_noise = rows["artefact"] == "noise"
    partly = rows.assign(jaccard=rows["jaccard"].mask(is_noise & (rows["intensity"] == 50)))
    point = of(Results(partly, RUN.run), "strong")["noise", 1]
    assert (point.near, point.far) == (0, 100)
    nowhere = of(Results(rows.assign(jaccard=rows["jaccard"].mask(is_noise)), RUN.run), "strong")["noise", 1]
    assert nowhere.undefined
