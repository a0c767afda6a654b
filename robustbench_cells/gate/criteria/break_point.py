"""How far an artefact may go before the model breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

import numpy as np
import pandas as pd

from robustbench_cells.gate.criteria._base import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import jackknife
from robustbench_cells.results.curves import break_point_distance, directions
from robustbench_cells.results.intervals import Floats
from robustbench_cells.types import CLEAN


@CRITERIA.register
class BreakPointCriterion(Criterion):
    """How far each artefact goes until the mean Jaccard falls under 90 % of its clean value.

    Both ways from the neutral intensity, where the grid has both. A model that does not break on the grid has the end
    of the grid. One that breaks before the first intensity that ran has that one: if it is the candidate, that is the
    best that may be said of it, so it may regress but never holds.
    """

    name = "break_point"
    metrics = ("jaccard",)
    tolerance = 0.1
    unit = "of the artefact's range"
    better = "more"
    per_condition = False

    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """See `Criterion.differences`; without clean among the conditions there are none."""
        tables = {(artefact, intensity): rows for artefact, intensity, rows in pair.conditions()}
        clean = tables.get((CLEAN, 0.0))
        if clean is None:
            return
        for artefact in sorted({artefact for artefact, _ in tables} & set(pair.neutral)):
            neutral = pair.neutral[artefact]
            levels = sorted(intensity for other, intensity in tables if other == artefact)
            for _, side in directions(levels, neutral):
                yield self._side(pair, artefact, [clean, *(tables[artefact, x] for x in side)], neutral, side)

    def _side(
        self, pair: PairedRecords, artefact: str, tables: Sequence[pd.DataFrame], neutral: float, side: Sequence[float]
    ) -> PairedDifference:
        distances = [abs(level - neutral) for level in side]
        count = max(int(rows["block"].max()) for rows in tables) + 1
        sums = np.zeros((count, 3 * len(tables)))
        for number, rows in enumerate(tables):
            part = pair.sums(rows, "jaccard_old", "jaccard_new")
            sums[: len(part), 3 * number : 3 * number + 3] = part

        def found(sums: Floats, model: int) -> Floats:
            means = sums[..., model::3] / sums[..., 2::3]
            return break_point_distance(means[..., 1:], means[..., 0], distances)

        def distance(sums: Floats, model: int) -> Floats:
            return found(sums, model).clip(distances[0], distances[-1])

        total = sums.sum(axis=0)
        lost = found(np.vstack([total, total - sums]), 1) == -inf  # also without a block, of which the error is made
        way = 1 if side[-1] > neutral else -1
        where = f"{'below' if way > 0 else 'above'} {side[0]:g}"
        unknown = f"the candidate may break {where}, and where is not known, since {neutral:g} did not run"
        return PairedDifference(
            artefact,
            None,
            neutral + way * float(distance(total, 0)),
            neutral + way * float(distance(total, 1)),
            jackknife(sums, lambda sums: distance(sums, 1) - distance(sums, 0)),
            scale=distances[-1],
            remark=unknown if lost.any() else "",
        )
