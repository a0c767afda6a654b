"""Score cards."""

from __future__ import annotations

from math import inf, isinf, isnan

import pytest

from robustbench_cells.results.scorecard import Figure, scorecards
from robustbench_cells.results.tables import Results
from tests.support.report_results import make_results

RUN = make_results({"strong": 0.9, "weak": 0.5})
BY_NAME = {card.segmenter: card for card in scorecards(RUN, {"strong": [10.0, 12.0, 11.0]})}


def test_a_card_agrees_with_the_records() -> None:
    card = BY_NAME["strong"]
    rows = RUN.records[RUN.records["segmenter"] == "strong"]
    clean = rows.loc[rows["artefact"] == "clean", "jaccard"].mean()
    grid = rows[rows["artefact"].isin(["noise", "illumination", "cell_size"])]
    mean = grid.groupby(["artefact", "intensity"])["jaccard"].mean().groupby("artefact").mean().mean()
    assert card.clean
    assert card.mean
    assert card.relative
    assert card.net_count_error
    assert card.absolute_count_error
    assert card.milliseconds == Figure(11.0, 10.0, 12.0)
    assert card.clean.value == pytest.approx(clean)
    assert card.mean.value == pytest.approx(mean)
    assert card.relative.value == pytest.approx(mean / clean)
    assert card.net_count_error.value == card.absolute_count_error.value == pytest.approx(0.35)  # 11 to 16 of 10 cells
    assert card.worst_artefact == "noise"
    assert card.areas["noise"].value == pytest.approx((clean + 2 * (clean - 0.25) + clean - 0.5) / 4)


def test_break_points_are_where_a_tenth_is_lost_in_each_direction() -> None:
    card = BY_NAME["strong"]
    clean = card.clean.value if card.clean else 0
    at = {(point.artefact, point.direction): point for point in card.break_points}
    assert set(at) == {("noise", 1), ("illumination", 1), ("cell_size", 1), ("cell_size", -1)}
    noise = at["noise", 1].intensity
    assert noise.value == pytest.approx(0.1 * clean / 0.5 * 100)
    assert noise.low <= noise.value <= noise.high
    assert at["cell_size", -1].reached is False
    assert isinf(at["cell_size", -1].intensity.value)


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
    (point,) = [one for one in scorecards(Results(part, RUN.run))[0].break_points if one.artefact == artefact]
    assert point.left_censored
    assert not any((point.reached, point.broken_at_neutral, point.undefined))
    assert (point.nearest, point.intensity.value) == (nearest, -direction * inf)


def test_cards_are_ordered_by_an_absolute_score() -> None:
    cards = scorecards(make_results({"weak": 0.3, "strong": 0.8, "background": 0.1}))
    assert [card.segmenter for card in cards] == ["strong", "weak"]  # no card for the background


def test_without_clean_everything_relative_to_it_is_none() -> None:
    only = Results(RUN.records[RUN.records["artefact"] == "noise"].reset_index(drop=True), RUN.run)
    card = scorecards(only)[0]
    assert (card.clean, card.relative, card.break_points, card.net_count_error) == (None, None, (), None)
    assert card.mean


def test_one_block_has_no_interval() -> None:
    (card,) = scorecards(make_results({"one": 0.9}, frames=1))
    assert card.mean
    assert isnan(card.mean.low)
