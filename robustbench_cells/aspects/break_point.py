"""How far an artefact may go before the model breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from robustbench_cells.aspects._registry import ASPECTS, Aspect, Difference, Pair
from robustbench_cells.statistics import Floats, jackknife
from robustbench_cells.types import CLEAN

_BREAK = 0.9  # of the clean score


def break_distance(scores: Floats, clean: Floats, distances: Sequence[float]) -> Floats:
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
        (...); the last distance where the score never falls so low.
    """
    if distances[0] > 0:  # without the neutral intensity itself, clean stands there
        scores = np.concatenate([clean[..., None], scores], axis=-1)
        distances = [0.0, *distances]
    # a model that finds nothing where nothing is distorted is broken from the start
    ratios = np.divide(scores, clean[..., None], out=np.zeros_like(scores), where=clean[..., None] > 0)
    at = np.asarray(distances, float)
    under = ratios < _BREAK
    first = np.argmax(under, axis=-1)
    before = np.maximum(first - 1, 0)
    above, below = (np.take_along_axis(ratios, index[..., None], -1)[..., 0] for index in (before, first))
    fall = np.where(first > 0, above - below, 1.0)
    point = at[before] + (at[first] - at[before]) * np.where(first > 0, (above - _BREAK) / fall, 0.0)
    return np.where(under.any(axis=-1), point, at[-1])


@ASPECTS.register
class BreakPoint(Aspect):
    """How far each artefact goes until the mean Jaccard falls under 90 % of its clean value.

    Both ways from the neutral intensity, where the grid has both. A model that does not break on the grid has the end
    of the grid.
    """

    name = "break_point"
    metrics = ("jaccard",)
    tolerance = 0.1
    unit = "of the artefact's range"
    better = "more"
    of_a_condition = False

    def differences(self, pair: Pair) -> Iterator[Difference]:
        """See `Aspect.differences`; without clean among the conditions there are none."""
        tables = {(artefact, intensity): rows for artefact, intensity, rows in pair.conditions()}
        clean = tables.get((CLEAN, 0.0))
        if clean is None:
            return
        for artefact in sorted({artefact for artefact, _ in tables} - {CLEAN}):
            neutral = pair.neutral[artefact]
            levels = sorted(intensity for other, intensity in tables if other == artefact)
            for way in (1, -1):
                side = sorted(
                    (level for level in levels if way * (level - neutral) >= 0), key=lambda x: abs(x - neutral)
                )
                if any(level != neutral for level in side):
                    yield self._side(pair, artefact, [clean, *(tables[artefact, x] for x in side)], neutral, side)

    def _side(
        self, pair: Pair, artefact: str, tables: Sequence[pd.DataFrame], neutral: float, side: Sequence[float]
    ) -> Difference:
        distances = [abs(level - neutral) for level in side]
        count = max(int(rows["block"].max()) for rows in tables) + 1
        sums = np.zeros((count, 3 * len(tables)))
        for number, rows in enumerate(tables):
            part = pair.sums(rows, "jaccard_old", "jaccard_new")
            sums[: len(part), 3 * number : 3 * number + 3] = part

        def distance(sums: Floats, model: int) -> Floats:
            means = sums[..., model::3] / sums[..., 2::3]
            return break_distance(means[..., 1:], means[..., 0], distances)

        total = sums.sum(axis=0)
        way = 1 if side[-1] > neutral else -1
        return Difference(
            artefact,
            None,
            neutral + way * float(distance(total, 0)),
            neutral + way * float(distance(total, 1)),
            jackknife(sums, lambda sums: distance(sums, 1) - distance(sums, 0)),
            scale=distances[-1],
        )
