"""Figures and break-points as text."""

from __future__ import annotations

import pytest

from robustbench_cells.reporting.number_format import column_decimals, format_break_point, format_figure
from robustbench_cells.results.scorecard import BreakPoint, Figure

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


@pytest.mark.parametrize(
    ("figure", "direction", "neutral", "text"),
    [
        (Figure(26.04, 25.4, 26.7), 1, 0, "26.0 px [25.4, 26.7]"),
        (Figure(180.0, 170.0, INF), 1, 0, "180 px [170, beyond 200]"),
        (Figure(INF, INF, INF), 1, 0, "no failure up to 200 px"),
        (Figure(INF, 170.0, INF), 1, 0, "no failure up to 200 px [170, beyond 200]"),
        (Figure(-INF, -INF, -INF), -1, 400, "no failure down to 200 px"),
        (Figure(20.0, 20.0, 20.0), 1, 20, "below 90 % already at the neutral intensity"),
        (Figure(-INF, -INF, -INF), 1, 0, "below 20 px (left-censored: sigma 0 was not run)"),
        (Figure(-INF, -INF, 26.7), 1, 0, "below 20 px (left-censored: sigma 0 was not run) [below 20, 26.7]"),
        (Figure(26.04, -INF, 26.7), 1, 0, "26.0 px [below 20, 26.7]"),
        (Figure(INF, INF, INF), -1, 400, "above 20 px (left-censored: sigma 400 was not run)"),
        (Figure(NAN), 1, 0, "undefined"),
    ],
)
def test_break_points_as_text(figure: Figure, direction: int, neutral: float, text: str) -> None:
    assert format_break_point(BreakPoint("noise", "sigma", "px", direction, neutral, 20.0, 200.0, figure)) == text


def test_a_column_has_the_decimals_of_its_narrowest_interval() -> None:
    figures = [Figure(0.8, 0.7, 0.9), Figure(0.45, 0.42, 0.48), Figure(0.0, 0.0, 0.0), Figure(0.5)]
    assert column_decimals(figures) == 2
    assert [format_figure(one, decimals=2) for one in figures] == [
        "0.80 [0.70, 0.90]", "0.45 [0.42, 0.48]", "0.00 [0.00, 0.00]", "0.50",
    ]  # fmt: skip
    assert column_decimals([Figure(0.5)]) == 3
    assert column_decimals([Figure(500.0, 300.0, 700.0)]) == 0
