"""Figures in words, rounded to what their interval supports."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, isfinite, isnan, log10, nan

from robustbench_cells.scorecard import BreakPoint, Figure

_MOST_DECIMALS = 3


def told(figure: Figure | None, *, percent: bool = False, signed: bool = False, missing: str = "not run") -> str:
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


def told_break(point: BreakPoint) -> str:
    """Where it breaks, with its unit and interval; 'not reached' where it does not on the grid."""
    figure = point.point
    if point.undefined:
        return "undefined"
    beyond = f"not reached up to {point.end:g}" if point.way > 0 else f"not reached down to {point.end:g}"
    if not point.reached:
        nearest = min((figure.low, figure.high), key=abs)
        surely = "" if not isfinite(nearest) else f" [{_rounding(nearest, nan, signed=False)(nearest)}, beyond]"
        return f"{beyond} {point.unit}{surely}"
    if point.at_once:
        return "at once"
    number = _rounding(figure.value, (figure.high - figure.low) / 2, signed=False)
    value = f"{number(figure.value)} {point.unit}"
    if isnan(figure.low):
        return value
    ends = [number(end) if isfinite(end) else f"beyond {point.end:g}" for end in sorted((figure.low, figure.high))]
    return f"{value} [{ends[0]}, {ends[1]}]"


def _rounding(value: float, reach: float, signed: bool) -> Callable[[float], str]:
    """A way to write numbers that differ by about ``reach``; to three digits where that is not known."""
    sign = "+" if signed else ""
    if not isfinite(reach) or reach <= 0:
        decimals = 3 if not value else min(_MOST_DECIMALS, max(0, 2 - floor(log10(abs(value)))))
    else:
        decimals = min(_MOST_DECIMALS, -floor(log10(reach)))
    return lambda number: f"{round(number, decimals) + 0.0:{sign},.{max(0, decimals)}f}"
