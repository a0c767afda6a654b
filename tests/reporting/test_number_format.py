"""Figures and break-points as text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from robustbench_cells.reporting.number_format import (
    FEW_BLOCKS_MARK,
    column_decimals,
    format_bracket,
    format_break_point,
    format_figure,
    format_limit,
)
from robustbench_cells.results.break_points import BreakPoint, Limit
from robustbench_cells.results.scorecard import Figure
from robustbench_cells.results.units import Unit

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(0.8651, 0.8585, 0.8726), "0.865 [0.859, 0.873]"),
        (Figure(26.044, 25.39, 26.69), "26.0 [25.4, 26.7]"),
        (Figure(1391.2, 1361.0, 1429.0), "1,390 [1,360, 1,430]"),
        (Figure(0.5), "0.500"),
        (Figure(12345.0), "12,345"),
        (Figure(0.0), "0.000"),
        (Figure(NAN), "undefined"),
        (Figure(INF, INF, INF), "undefined"),
        (Figure(0.8, 0.7, INF), "0.800 [0.700, undefined]"),
        (Figure(0.8651, 0.8585, 0.8726, 6), "0.865 [0.859, 0.873]"),
        (Figure(0.8651, 0.8585, 0.8726, 5), "0.865 [0.859, 0.873]*"),
        (Figure(0.86, 0.81, 0.91, 2), "0.86 [0.81, 0.91]*"),
        (Figure(0.5, blocks=1), "0.500"),
        (None, "not run"),
    ],
)
def test_figures_are_rounded_to_what_their_interval_supports(figure: Figure | None, text: str) -> None:
    assert format_figure(figure) == text


BREAK_POINTS = [
    ((50, 100), 1, 0, "between 50 and 100 px", "50 to 100"),
    ((100, 50), -1, 400, "between 50 and 100 px", "50 to 100"),
    ((0, 20), 1, 0, "between 0 and 20 px", "0 to 20"),
    ((200, INF), 1, 0, "no failure up to 200 px", "beyond 200"),
    ((200, -INF), -1, 400, "no failure down to 200 px", "beyond 200"),
    ((100, INF), 1, 0, "no failure up to 100 px, not determined beyond (too few frames)", "beyond 100"),
    ((0, INF), 1, 0, "not determined above 0 px (too few frames)", "unknown"),
    ((400, -INF), -1, 400, "not determined below 400 px (too few frames)", "unknown"),
    ((20, 20), 1, 20, "below the limit already at 20 px (neutral)", "at 20"),
    ((-INF, 20), 1, 0, "below 20 px (left-censored: sigma 0 was not run)", "before 20"),
    ((INF, 20), -1, 400, "above 20 px (left-censored: sigma 400 was not run)", "before 20"),
    ((-INF, INF), 1, 0, "not determined (left-censored: sigma 0 was not run)", "unknown"),
]


@pytest.mark.parametrize(("bracket", "direction", "neutral", "text", "short"), BREAK_POINTS)
def test_break_points_as_text(
    bracket: tuple[float, float], direction: int, neutral: float, text: str, short: str
) -> None:
    point = BreakPoint(
        "m", "noise", "sigma", Unit("px"), direction, neutral, 20.0, 200.0, Limit(0.8), *bracket, interpolated=60.0
    )
    assert format_break_point(point) == text
    assert format_bracket(point) == short
    assert format_break_point(replace(point, blocks=6)) == text
    marked = replace(point, blocks=5)
    assert (format_break_point(marked), format_bracket(marked)) == (text + FEW_BLOCKS_MARK, short + FEW_BLOCKS_MARK)
    undefined = replace(point, interpolated=NAN)
    assert format_break_point(undefined) == format_bracket(undefined) == "undefined"


@pytest.mark.parametrize(
    ("near", "far", "text"),
    [
        (20, 100, "between 20 and 100 px (30 and 150 µm)"),
        (200, INF, "no failure up to 200 px (300 µm)"),
        (-INF, 20, "below 20 px (30 µm) (left-censored: sigma 0 was not run)"),
        (20, 20, "below the limit already at 20 px (30 µm) (neutral)"),
    ],
)
def test_a_length_has_micrometres_where_the_pixel_is_known(near: float, far: float, text: str) -> None:
    neutral = 20.0 if near == far else 0.0
    unit = Unit("px", 1.5)
    point = BreakPoint("m", "blur", "sigma", unit, 1, neutral, 20.0, 200.0, Limit(0.8), near, far, interpolated=60.0)
    assert format_break_point(point) == text


def test_a_limit_says_where_it_comes_from() -> None:
    assert format_limit(Limit(0.7)) == "0.7 (the limit that was asked for)"
    assert format_limit(Limit(0.8123, "m")) == "0.812 (90 % of the best clean score, that of m)"
    own = Limit(0.8123, "m", is_absolute=False)
    assert format_limit(own) == "0.812 (90 % of its own clean score)"


def test_a_column_has_the_decimals_of_its_narrowest_interval() -> None:
    figures = [Figure(0.8, 0.7, 0.9), Figure(0.45, 0.42, 0.48), Figure(0.0, 0.0, 0.0), Figure(0.5)]
    assert column_decimals(figures) == 2
    assert [format_figure(one, decimals=2) for one in figures] == [
        "0.80 [0.70, 0.90]", "0.45 [0.42, 0.48]", "0.00 [0.00, 0.00]", "0.50",
    ]  # fmt: skip
    assert column_decimals([Figure(0.5)]) == 3
    assert column_decimals([Figure(500.0, 300.0, 700.0)]) == 0
