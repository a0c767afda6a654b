"""Brackets of break-points: the intensities between which a score falls below its limit.

Interpolation between two intensities says nothing about where between them a curve falls: a step and a slope have the
same grid points. So the interval of a break-point goes from the last intensity at which the score is surely above the
limit to the first at which it is surely below; only intensities that ran make it narrower.

The ends together hold the break-point in at least 95 % of the cases, whatever the curve's shape, as long as it does not
fall below the limit and recover between two intensities. Let the true crossing lie between the k-th intensity and the
next. The near end is wrong only if the next one passes for above. The far end is wrong only if the k-th passes for
below, or if all of the run of intensities below lies before it: such a run has to reach the end of the tested range, or
to have a member that is below by a test that is corrected for the number of intensities (Bonferroni). These errors have
a probability of 2 %, 2 % and 1 % at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, nan

import numpy as np
import numpy.typing as npt

from robustbench_cells.results.curves import crossing_distance, margins
from robustbench_cells.results.intervals import Estimates, Floats, FrameOrder, estimates, ratio

_END, _RUN = 0.02, 0.01  # probabilities of error: of each end, one-sided, and of the run of intensities below


@dataclass(frozen=True)
class Crossing:
    """Where a curve falls below its limit, as distances from the neutral intensity.

    Attributes
    ----------
    value
        Interpolated linearly between intensities; see `curves.crossing_distance`. NaN without a score.
    near, far
        Ends of the bracket. The near one is minus infinity where the nearest intensity is not surely above the limit
        and not the neutral one; the far one is infinity where no intensity is surely below.
    gaps
        Pairs of neighbouring intensities at the ends of the bracket; one between them would make it narrower. Empty
        where an end is infinite.
    blocks
        Smallest number of blocks of frames that a score is based on; None without a score.
    """

    value: float
    near: float
    far: float
    gaps: tuple[tuple[float, float], ...] = ()
    blocks: int | None = None


def locate_crossing(
    scores: Floats, order: FrameOrder, distances: Sequence[float], level: float, clean: Floats | None = None
) -> Crossing:
    """Find where a curve falls below its limit.

    With a single block of frames nothing is known of their uncertainty, and the means decide what is above.

    Parameters
    ----------
    scores
        Sum and number of each frame's scores at each intensity, (intensities, frames, 2). An intensity without any
        score is ignored, as one that did not run.
    order
        Order of the frames.
    distances
        Distances of the intensities from the neutral one, ascending, (intensities).
    level
        The limit; where there are clean scores, the share of their mean that is the limit.
    clean
        Sum and number of each frame's clean scores, (frames, 2).
    """

    def exceed(sums: Floats) -> Floats:
        limit = None if clean is None else ratio(sums[..., 2:])
        return margins(ratio(sums[..., :2])[..., None], level, limit)[..., 0]

    tables = scores if clean is None else np.concatenate([scores, np.broadcast_to(clean, scores.shape)], axis=-1)
    found = estimates(tables, exceed, order)
    is_known = ~np.isnan(found.values)
    if not is_known.any():
        return Crossing(nan, -inf, inf)
    at, value = np.asarray(distances, float)[is_known], found.values[is_known]
    reach, far_reach = (_reach(found, error)[is_known] for error in (_END, _RUN / len(at)))
    is_above = value - reach >= 0
    near = len(at) - 1 if is_above.all() else int(np.argmin(is_above)) - 1
    far = _first_below(value + reach < 0, value + far_reach < 0)
    is_left_censored = near < 0 and at[0] > 0
    return Crossing(
        float(crossing_distance(value, at.tolist())),
        -inf if is_left_censored else float(at[max(near, 0)]),
        inf if far is None else float(at[far]),
        () if far is None or is_left_censored else tuple(_gaps(at, near, far)),
        int(found.blocks[is_known].min()),
    )


def _reach(found: Estimates, error: float) -> Floats:
    """Half width of intervals that are exceeded on one side with this probability; 0 for a single block."""
    low, high = found.limits(1 - 2 * error)
    return np.zeros(len(low)) if found.blocks.max() < 2 else (high - low) / 2


def _first_below(is_below: npt.NDArray[np.bool_], is_far_below: npt.NDArray[np.bool_]) -> int | None:
    """Start of the first run of intensities below the limit that is beyond doubt; see the module's docstring."""
    start = None
    for number, below in enumerate(is_below.tolist()):
        if not below:
            start = None
            continue
        start = number if start is None else start
        if is_far_below[number] or number == len(is_below) - 1:
            return start
    return None


def _gaps(at: Floats, near: int, far: int) -> Iterator[tuple[float, float]]:
    """See `Crossing.gaps`."""
    if near >= 0:
        yield float(at[near]), float(at[near + 1])
    if far > max(near + 1, 0):
        yield float(at[far - 1]), float(at[far])
