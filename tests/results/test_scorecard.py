"""Score cards."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

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


def test_intensities_added_for_break_points_change_no_mean() -> None:
    run = replace(RUN.run, settings=replace(RUN.run.settings, refined={"noise": (50.0,)}))
    added = {card.segmenter: card for card in scorecards(Results(RUN.records, run))}["strong"]
    rows = RUN.records
    without = rows[(rows["artefact"] != "noise") | (rows["intensity"] != 50)].reset_index(drop=True)
    card = {card.segmenter: card for card in scorecards(Results(without, RUN.run))}["strong"]
    assert (added.mean, added.relative, added.areas, added.conditions) == (
        card.mean,
        card.relative,
        card.areas,
        card.conditions,
    )
    (point, *_) = (one for one in added.limits if one.artefact == "noise")
    assert (point.near, point.far) == (0, 50)  # but it does count for the bracket
