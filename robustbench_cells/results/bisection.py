"""Which intensities make brackets of break-points narrower."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor, log10, sqrt

from robustbench_cells.results.axes import Axis
from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.tables import Results

NARROW = 0.1  # width of a bracket that is narrow enough, as a share of its value
_FINEST = 1e-3  # narrowest gap that is bisected, as a share of the tested range: a value of 0 has no tenth


@dataclass(frozen=True, order=True)
class Probe:
    """An intensity at which a segmenter is to run."""

    artefact: str
    intensity: float
    segmenter: str


def next_probes(results: Results) -> list[Probe]:
    """The middle of each gap at an end of a bracket that is too wide, in order; none where all are narrow.

    A bracket is narrow once it is a tenth of its value. It cannot become narrower than what the frames leave open,
    the range of intensities that are neither surely above the limit nor surely below: it is left alone once that makes
    up the most of it. Both of its ends have to be intensities that ran.
    """
    probes = {
        Probe(point.artefact, middle, name)
        for name, points in break_points(results).items()
        for point in points
        for middle in _middles(point)
    }
    return sorted(probes)


def added_intensities(
    first: Mapping[str, tuple[float, ...]], second: Mapping[str, tuple[float, ...]]
) -> dict[str, tuple[float, ...]]:
    """Intensities that are in either, by artefact, ascending."""
    names = sorted({*first, *second})
    return {name: tuple(sorted({*first.get(name, ()), *second.get(name, ())})) for name in names}


def _middles(point: BreakPoint) -> Iterator[float]:
    axis, is_log = point.axis, point.axis.scale == "log"
    if point.undefined or point.left_censored or point.right_censored or not axis.holds(point.near):
        return
    start = point.neutral if axis.holds(point.neutral) else point.near
    width = _distance(axis, point.near, point.far)
    least = max(_FINEST * _distance(axis, start, point.end), width / 4)
    enough = log10(1 + NARROW) if is_log else NARROW * abs(point.interpolated)
    for one, other in point.gaps if width > enough else ():
        if _distance(axis, one, other) > least:
            yield _rounded(sqrt(one * other) if is_log else (one + other) / 2, one, other)


def _distance(axis: Axis, one: float, other: float) -> float:
    first, second = axis.positions([one, other])
    return abs(second - first)


def _rounded(middle: float, one: float, other: float) -> float:
    """A number near the middle of two others with few digits."""
    decimals = 1 - floor(log10(abs(other - one) / 2))
    return round(middle, decimals) + 0.0
