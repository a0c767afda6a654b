"""What is read off a degradation curve: a score against the intensity of an artefact."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from robustbench_cells.results.intervals import Floats

BREAK = 0.9  # of the clean score


def break_point_distance(scores: Floats, clean: Floats, distances: Sequence[float]) -> Floats:
    """How far from neutral a score falls under 90 % of its clean value, linear between intensities.

    Parameters
    ----------
    scores
        (..., intensities), in the order of the distances.
    clean
        (...).
    distances
        Of the intensities from the neutral one, rising.

    Returns
    -------
    numpy.ndarray
        (...); infinite where the score never falls so low, minus infinite where it is so low at the first intensity
        and that is not the neutral one: it breaks somewhere before. The neutral one may stretch, so clean is no
        substitute.
    """
    # a model that finds nothing where nothing is distorted is broken from the start
    ratios = np.divide(scores, clean[..., None], out=np.zeros_like(scores), where=clean[..., None] > 0)
    at = np.asarray(distances, float)
    under = ratios < BREAK
    first = np.argmax(under, axis=-1)
    before = np.maximum(first - 1, 0)
    above, below = (np.take_along_axis(ratios, index[..., None], -1)[..., 0] for index in (before, first))
    fall = np.where(first > 0, above - below, 1.0)
    point = at[before] + (at[first] - at[before]) * np.where(first > 0, (above - BREAK) / fall, 0.0)
    point = np.where((first == 0) & (at[0] > 0), -inf, point)
    return np.where(under.any(axis=-1), point, inf)


def normalised_auc(scores: Floats, intensities: Sequence[float]) -> Floats:
    """The area under the curve by the trapezoid rule, over the range: the mean score on the physical axis.

    Parameters
    ----------
    scores
        (..., intensities).
    intensities
        Rising, two or more.

    Returns
    -------
    numpy.ndarray
        (...), in the score's unit.
    """
    return np.asarray(np.trapezoid(scores, intensities, axis=-1)) / (intensities[-1] - intensities[0])


def directions(intensities: Sequence[float], neutral: float) -> list[tuple[int, list[float]]]:
    """Each way that intensities go from the neutral one, 1 up or -1 down, with those on that side, nearest first."""
    found = []
    for way in (1, -1):
        side = sorted((x for x in intensities if way * (x - neutral) >= 0), key=lambda x: abs(x - neutral))
        if any(x != neutral for x in side):
            found.append((way, side))
    return found
