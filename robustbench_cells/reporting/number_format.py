"""Figures as text, rounded to what their interval supports."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, isfinite, isnan, log10

from robustbench_cells.results.scorecard import BreakPoint, Figure

_MAX_DECIMALS = 3


def format_figure(
    figure: Figure | None, *, percent: bool = False, signed: bool = False, missing: str = "not run"
) -> str:
    """A figure with its interval in brackets, rounded to the leading digit of half the interval's width."""
    if figure is None:
        return missing
    if not isfinite(figure.value):  # such as a share of nothing
        return "undefined"
    scale, unit = (100, " %") if percent else (1, "")
    number = _rounding(scale * figure.value, scale * (figure.high - figure.low) / 2, signed)
    value = f"{number(scale * figure.value)}{unit}"
    if isnan(figure.low):
        return value
    limits = [number(scale * limit) if isfinite(limit) else "undefined" for limit in (figure.low, figure.high)]
    return f"{value} [{limits[0]}, {limits[1]}]"


def format_count(count: int, singular: str, plural: str) -> str:
    """A number with its noun."""
    return f"{count} {singular if count == 1 else plural}"


def displays_equal(one: Figure, other: Figure) -> bool:
    """Whether both values are displayed alike, rounded as the first one is."""
    number = _rounding(one.value, (one.high - one.low) / 2, signed=False)
    return number(one.value) == number(other.value)


def format_break_point(point: BreakPoint) -> str:
    """A break-point with its unit and interval, or why it has no value within the tested range."""
    figure = point.intensity
    if point.undefined:
        return "undefined"
    if point.broken_at_neutral:
        return "below 90 % already at the neutral intensity"
    up = point.direction > 0
    before = f"{'below' if up else 'above'} {point.nearest:g}"
    finite = [x for x in (figure.value, figure.low, figure.high) if isfinite(x)]
    number = _rounding(finite[0] if finite else 0.0, (figure.high - figure.low) / 2, signed=False)

    def limit(value: float) -> str:
        if isfinite(value):
            return number(value)
        return f"beyond {point.end:g}" if point.direction * value > 0 else before

    if point.reached:
        text = f"{number(figure.value)} {point.unit}"
    elif point.left_censored:
        text = f"{before} {point.unit} (left-censored: {point.parameter} {point.neutral:g} was not run)"
    else:
        text = f"no failure {'up' if up else 'down'} to {point.end:g} {point.unit}"
    if isnan(figure.low) or (figure.value == figure.low == figure.high and not point.reached):
        return text
    limits = [limit(value) for value in sorted((figure.low, figure.high))]
    return f"{text} [{limits[0]}, {limits[1]}]"


def _rounding(value: float, reach: float, signed: bool) -> Callable[[float], str]:
    """A format for numbers that differ by about ``reach``; three significant digits where that is unknown."""
    sign = "+" if signed else ""
    if not isfinite(reach) or reach <= 0:
        decimals = 3 if not value else min(_MAX_DECIMALS, max(0, 2 - floor(log10(abs(value)))))
    else:
        decimals = min(_MAX_DECIMALS, -floor(log10(reach)))
    return lambda number: f"{round(number, decimals) + 0.0:{sign},.{max(0, decimals)}f}"
