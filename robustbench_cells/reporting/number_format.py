"""Figures as text, rounded to what their interval supports; an interval over few blocks of frames is marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import floor, isfinite, isnan, log10

from robustbench_cells.results.break_points import BreakPoint, Limit
from robustbench_cells.results.intervals import FEW_BLOCKS
from robustbench_cells.results.scorecard import Figure

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
    return interval_decimals([(figure.low, figure.high) for figure in figures], _MAX_DECIMALS)


def interval_decimals(intervals: Iterable[tuple[float, float]], most: int) -> int:
    """Decimals up to the leading digit of half the narrowest interval's width; ``most`` if none has a width."""
    reaches = [(high - low) / 2 for low, high in intervals]
    known = [reach for reach in reaches if isfinite(reach) and reach > 0]
    return min(most, max(0, -floor(log10(min(known))))) if known else most


def format_count(count: int, singular: str, plural: str) -> str:
    """A number with its noun."""
    return f"{count} {singular if count == 1 else plural}"


def format_level(level: float) -> str:
    """An intensity; infinity where that is neutral, as infinitely many photo-electrons are."""
    return f"{level:g}" if isfinite(level) else "∞"


def displays_equal(one: Figure, other: Figure) -> bool:
    """Whether both values are displayed alike, rounded as the first one is."""
    number = _rounding(_decimals(one.value, (one.high - one.low) / 2), signed=False)
    return number(one.value) == number(other.value)


def format_break_point(point: BreakPoint) -> str:
    """Where a score falls below its limit, with the unit: between the two intensities that are known."""
    return "undefined" if point.undefined else f"{_bracket_with_unit(point)}{few_blocks_mark(point.blocks)}"


def _bracket_with_unit(point: BreakPoint) -> str:
    unit, way = point.unit, "up" if point.direction > 0 else "down"
    if point.broken_at_neutral:
        is_clean = point.axis.is_clean_at_neutral
        return (
            f"below the limit already {'on clean images' if is_clean else f'at {unit.amount(point.neutral)} (neutral)'}"
        )
    if point.left_censored:
        side = f"{'below' if point.direction > 0 else 'above'} {unit.amount(point.far)}"
        reason = f"left-censored: {point.parameter} {point.neutral:g} was not run"
        return f"{'not determined' if point.right_censored else side} ({reason})"
    if point.right_censored:
        if point.near == point.neutral:
            place = f" {'above' if way == 'up' else 'below'} {unit.amount(point.near)}" if isfinite(point.near) else ""
            return f"not determined{place} (too few frames)"
        kept = f"no failure {way} to {unit.amount(point.near)}"
        return kept if point.near == point.end else f"{kept}, not determined beyond (too few frames)"
    if not isfinite(point.near):
        return f"above {unit.amount(point.far)}"
    low, high = sorted((point.near, point.far))
    return f"between {unit.span(low, high, 'and')}"


def format_bracket(point: BreakPoint) -> str:
    """The same in a few letters for a narrow column, without the unit."""
    return "undefined" if point.undefined else f"{_short_bracket(point)}{few_blocks_mark(point.blocks)}"


def _short_bracket(point: BreakPoint) -> str:
    unit = point.unit
    if point.right_censored and (point.left_censored or point.near == point.neutral):
        return "unknown"
    if point.broken_at_neutral:
        return "clean" if point.axis.is_clean_at_neutral else f"at {unit.level(point.neutral)}"
    if point.left_censored or not isfinite(point.near):
        return f"before {unit.level(point.far)}"
    if point.right_censored:
        return f"beyond {unit.level(point.near)}"
    low, high = sorted((point.near, point.far))
    return unit.levels(low, high, "to")


def format_limit(limit: Limit) -> str:
    """A limit with where it comes from."""
    if not limit.is_absolute:
        return f"{limit.score:.3f} (90 % of its own clean score)"
    if not limit.best:
        return f"{limit.score:g} (the limit that was asked for)"
    return f"{limit.score:.3f} (90 % of the best clean score, that of {limit.best})"


def _decimals(value: float, reach: float) -> int:
    """Decimals of numbers that differ by about ``reach``, negative above ten; three digits where that is unknown."""
    if isfinite(reach) and reach > 0:
        return min(_MAX_DECIMALS, -floor(log10(reach)))
    return 3 if not value else min(_MAX_DECIMALS, max(0, 2 - floor(log10(abs(value)))))


def _rounding(decimals: int, signed: bool) -> Callable[[float], str]:
    """A format for numbers with so many decimals."""
    sign = "+" if signed else ""
    return lambda number: f"{round(number, decimals) + 0.0:{sign},.{max(0, decimals)}f}"
