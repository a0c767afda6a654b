"""Figures in words, rounded to what their interval supports."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, isfinite, isnan, log10

from robustbench_cells.results.scorecard import BreakPoint, Figure

_MAX_DECIMALS = 3


def format_figure(
    figure: Figure | None, *, percent: bool = False, signed: bool = False, missing: str = "not run"
) -> str:
    """A figure with its interval in brackets: the leading digit of half the interval is the last one shown."""
    if figure is None:
        return missing
    if not isfinite(figure.value):  # as a share of nothing is
        return "undefined"
    scale, unit = (100, " %") if percent else (1, "")
    number = _rounding(scale * figure.value, scale * (figure.high - figure.low) / 2, signed)
    value = f"{number(scale * figure.value)}{unit}"
    if isnan(figure.low):
        return value
    ends = [number(scale * end) if isfinite(end) else "undefined" for end in (figure.low, figure.high)]
    return f"{value} [{ends[0]}, {ends[1]}]"


def counted(count: int, one: str, many: str) -> str:
    """So many of something."""
    return f"{count} {one if count == 1 else many}"


def reads_alike(one: Figure, other: Figure) -> bool:
    """Whether the second value is the first, to the digits that the first is shown with."""
    number = _rounding(one.value, (one.high - one.low) / 2, signed=False)
    return number(one.value) == number(other.value)


def format_break_point(point: BreakPoint) -> str:
    """Where it breaks, with its unit and interval; in words where that is not on the grid, or not known."""
    figure = point.point
    if point.undefined:
        return "undefined"
    if point.broken_at_neutral:
        return "at once"
    up = point.direction > 0
    before = f"{'below' if up else 'above'} {point.nearest:g}"
    known = [x for x in (figure.value, figure.low, figure.high) if isfinite(x)]
    number = _rounding(known[0] if known else 0.0, (figure.high - figure.low) / 2, signed=False)

    def ending(end: float) -> str:
        if isfinite(end):
            return number(end)
        return f"beyond {point.end:g}" if point.direction * end > 0 else before

    if point.reached:
        value = f"{number(figure.value)} {point.unit}"
    elif point.left_censored:
        value = f"somewhere {before} {point.unit} ({point.neutral:g} did not run)"
    else:
        value = f"not reached {'up' if up else 'down'} to {point.end:g} {point.unit}"
    if isnan(figure.low) or (figure.value == figure.low == figure.high and not point.reached):
        return value
    ends = [ending(end) for end in sorted((figure.low, figure.high))]
    return f"{value} [{ends[0]}, {ends[1]}]"


def _rounding(value: float, reach: float, signed: bool) -> Callable[[float], str]:
    """A way to write numbers that differ by about ``reach``; to three digits where that is not known."""
    sign = "+" if signed else ""
    if not isfinite(reach) or reach <= 0:
        decimals = 3 if not value else min(_MAX_DECIMALS, max(0, 2 - floor(log10(abs(value)))))
    else:
        decimals = min(_MAX_DECIMALS, -floor(log10(reach)))
    return lambda number: f"{round(number, decimals) + 0.0:{sign},.{max(0, decimals)}f}"
