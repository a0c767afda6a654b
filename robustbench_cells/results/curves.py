"""Quantities of a degradation curve: a score as a function of an artefact's intensity."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from robustbench_cells.results.intervals import Floats

BREAK_RATIO = 0.9  # of a clean score


def break_point_distance(scores: Floats, clean: Floats, distances: Sequence[float]) -> Floats:
    """Distance from the neutral intensity at which a score first falls below 90 % of its clean value.

    Interpolated linearly between intensities; see `crossing_distance`.

    Parameters
    ----------
    scores
        Scores at each intensity, (..., intensities), in the order of the distances.
    clean
        Clean scores, (...).
    distances
        Distances of the intensities from the neutral one, ascending.
    """
    return crossing_distance(margins(scores, BREAK_RATIO, clean), distances)


def margins(scores: Floats, level: float, clean: Floats | None = None) -> Floats:
    """By how much scores exceed a limit.

    Parameters
    ----------
    scores
        Scores at each intensity, (..., intensities).
    level
        The limit; where there is a clean score, the share of it that is the limit.
    clean
        Clean scores, (...).

    Returns
    -------
    numpy.ndarray
        (..., intensities), negative below the limit. Everything is below a share of a clean score of 0: a model that
        predicts nothing on clean patches counts as broken from the start.
    """
    if clean is None:
        return scores - level
    return np.where(clean[..., None] <= 0, -1.0, scores - level * clean[..., None])


def crossing_distance(margins: Floats, distances: Sequence[float]) -> Floats:
    """Distance from the neutral intensity at which a margin first becomes negative.

    Interpolated linearly between intensities.

    Parameters
    ----------
    margins
        Margins at each intensity, (..., intensities), in the order of the distances.
    distances
        Distances of the intensities from the neutral one, ascending.

    Returns
    -------
    numpy.ndarray
        (...); infinity where the margin never becomes negative. Minus infinity (left-censored) where it is negative at
        the first intensity and that is not the neutral one: the neutral intensity may stretch the contrast, so the
        clean score is no substitute for it.
    """
    at = np.asarray(distances, float)
    is_broken = margins < 0
    first = np.argmax(is_broken, axis=-1)
    previous = np.maximum(first - 1, 0)
    above, below = (np.take_along_axis(margins, index[..., None], -1)[..., 0] for index in (previous, first))
    fall = np.where(first > 0, above - below, 1.0)
    point = at[previous] + (at[first] - at[previous]) * np.where(first > 0, above / fall, 0.0)
    point = np.where((first == 0) & (at[0] > 0), -inf, point)
    return np.where(is_broken.any(axis=-1), point, inf)


def normalised_auc(scores: Floats, places: Sequence[float]) -> Floats:
    """Area under the curve (trapezoidal rule) divided by the range: the mean score on the physical axis.

    Parameters
    ----------
    scores
        Scores at each intensity, (..., intensities).
    places
        Places of two or more intensities on their scale, ascending (see `Axis.positions`).

    Returns
    -------
    numpy.ndarray
        (...), in the score's unit.
    """
    return np.asarray(np.trapezoid(scores, places, axis=-1)) / (places[-1] - places[0])


def axis_mean(scores: Floats, places: Sequence[float]) -> Floats:
    """Mean score over an axis: see `normalised_auc`; of one intensity alone, the score there."""
    return normalised_auc(scores, places) if len(places) > 1 else np.asarray(scores)[..., 0]
