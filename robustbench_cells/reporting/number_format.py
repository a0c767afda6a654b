"""Figures as text, rounded to what their interval supports; an interval over few blocks of frames is marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import floor, isfinite, isnan, log10

from robustbench_cells.results.intervals import FEW_BLOCKS
from robustbench_cells.results.scorecard import BreakPoint, Figure

FEW_BLOCKS_MARK = "*"
_MAX_DECIMALS = 3


def format_figure(
    figure: Figure | None,
    *,
    percent: bool = False,
    signed: bool = False,
    missing: str = "not run",
    decimals: int | None = None,
) -> str:
    """A figure with its interval in brackets, rounded to the leading digit of half the interval's width.

    Parameters
    ----------
    figure
        The figure; None if there is none.
    percent, signed
        Whether to show per cent, and the sign of positive values.
    missing
        Text where there is none.
    decimals
        Decimals of a column (see `column_decimals`) in place of the figure's own.
    """
    if figure is None:
        return missing
    if not isfinite(figure.value):  # such as a share of nothing
        return "undefined"
    scale, unit = (100, " %") if percent else (1, "")
    if decimals is None:
        decimals = _decimals(scale * figure.value, scale * (figure.high - figure.low) / 2)
    number = _rounding(decimals, signed)
    value = f"{number(scale * figure.value)}{unit}"
    if isnan(figure.low):
        return value
    limits = [number(scale * limit) if isfinite(limit) else "undefined" for limit in (figure.low, figure.high)]
    return f"{value} [{limits[0]}, {limits[1]}]{few_blocks_mark(figure.blocks)}"


def few_blocks_mark(blocks: int | None) -> str:
    """The mark of an interval over fewer than six blocks of frames; empty with more, or where it is not over frames."""
    return FEW_BLOCKS_MARK if blocks is not None and blocks < FEW_BLOCKS else ""


def column_decimals(figures: Iterable[Figure]) -> int:
    """Decimals for a column of a table: those of its narrowest interval, as `format_figure` rounds it alone."""
    reaches = [(figure.high - figure.low) / 2 for figure in figures]
    known = [reach for reach in reaches if isfinite(reach) and reach > 0]
    return max(0, _decimals(0.0, min(known))) if known else _MAX_DECIMALS


def format_count(count: int, singular: str, plural: str) -> str:
    """A number with its noun."""
    return f"{count} {singular if count == 1 else plural}"


def displays_equal(one: Figure, other: Figure) -> bool:
    """Whether both values are displayed alike, rounded as the first one is."""
    number = _rounding(_decimals(one.value, (one.high - one.low) / 2), signed=False)
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
    number = _rounding(_decimals(finite[0] if finite else 0.0, (figure.high - figure.low) / 2), signed=False)

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
    return f"{text} [{limits[0]}, {limits[1]}]{few_blocks_mark(figure.blocks)}"


def _decimals(value: float, reach: float) -> int:
    """Decimals of numbers that differ by about ``reach``, negative above ten; three digits where that is unknown."""
    if isfinite(reach) and reach > 0:
        return min(_MAX_DECIMALS, -floor(log10(reach)))
    return 3 if not value else min(_MAX_DECIMALS, max(0, 2 - floor(log10(abs(value)))))


def _rounding(decimals: int, signed: bool) -> Callable[[float], str]:
    """A format for numbers with so many decimals."""
    sign = "+" if signed else ""
    return lambda number: f"{round(number, decimals) + 0.0:{sign},.{max(0, decimals)}f}"
