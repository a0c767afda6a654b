"""Quantities of a degradation curve: a score as a function of an artefact's intensity."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from robustbench_cells.results.intervals import Floats

BREAK_RATIO = 0.9  # of the clean score


def break_point_distance(scores: Floats, clean: Floats, distances: Sequence[float]) -> Floats:
    """Distance from the neutral intensity at which a score first falls below 90 % of its clean value.

    Interpolated linearly between intensities.

    Parameters
    ----------
    scores
        Scores at each intensity, (..., intensities), in the order of the distances.
    clean
        Clean scores, (...).
    distances
        Distances of the intensities from the neutral one, ascending.

    Returns
    -------
    numpy.ndarray
        (...); infinity where the score never falls so low. Minus infinity (left-censored) where it is so low at the
        first intensity and that is not the neutral one: the neutral intensity may stretch the contrast, so the clean
        score is no substitute for it.
    """
    # a model that predicts nothing on clean patches counts as broken from the start
    ratios = np.divide(scores, clean[..., None], out=np.zeros_like(scores), where=clean[..., None] > 0)
    at = np.asarray(distances, float)
    is_broken = ratios < BREAK_RATIO
    first = np.argmax(is_broken, axis=-1)
    previous = np.maximum(first - 1, 0)
    above, below = (np.take_along_axis(ratios, index[..., None], -1)[..., 0] for index in (previous, first))
    fall = np.where(first > 0, above - below, 1.0)
    point = at[previous] + (at[first] - at[previous]) * np.where(first > 0, (above - BREAK_RATIO) / fall, 0.0)
    point = np.where((first == 0) & (at[0] > 0), -inf, point)
    return np.where(is_broken.any(axis=-1), point, inf)


def normalised_auc(scores: Floats, intensities: Sequence[float]) -> Floats:
    """Area under the curve (trapezoidal rule) divided by the range: the mean score on the physical axis.

    Parameters
    ----------
    scores
        Scores at each intensity, (..., intensities).
    intensities
        Two or more intensities, ascending.

    Returns
    -------
    numpy.ndarray
        (...), in the score's unit.
    """
    return np.asarray(np.trapezoid(scores, intensities, axis=-1)) / (intensities[-1] - intensities[0])


def directions(intensities: Sequence[float], neutral: float) -> list[tuple[int, list[float]]]:
    """Directions away from the neutral intensity, 1 up or -1 down, with the intensities there, nearest first."""
    found = []
    for direction in (1, -1):
        side = sorted((x for x in intensities if direction * (x - neutral) >= 0), key=lambda x: abs(x - neutral))
        if any(x != neutral for x in side):
            found.append((direction, side))
    return found
