"""Intensity up to which a model withstands an artefact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

import numpy as np
import pandas as pd

from robustbench_cells.gate.criteria._base import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import jackknife
from robustbench_cells.results.axes import Side
from robustbench_cells.results.brackets import locate_crossing
from robustbench_cells.results.curves import BREAK_RATIO, break_point_distance
from robustbench_cells.results.intervals import Floats, FrameOrder
from robustbench_cells.results.tables import on_patches
from robustbench_cells.results.units import Unit
from robustbench_cells.types import CLEAN


@CRITERIA.register
class BreakPointCriterion(Criterion):
    """Intensity of each artefact at which the mean Jaccard falls below 90 % of its clean value.

    In both directions from the neutral intensity, where the grid has both; interpolated between intensities, with the
    brackets of both models as a remark. A model that does not break gets the end of the tested range. A left-censored
    break-point is set to the nearest intensity that ran; for the candidate that is the best case, so it may regress but
    never holds.
    """

    name = "break_point"
    metrics = ("jaccard",)
    tolerance = 0.1
    unit = "of the artefact's range"
    better = "more"
    per_condition = False
    interim = False
    worst = 1.0

    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """See `Criterion.differences`; none without the clean condition."""
        tables = {(artefact, intensity): rows for artefact, intensity, rows in pair.conditions()}
        clean = tables.get((CLEAN, 0.0))
        if clean is None:
            return
        for artefact in sorted({artefact for artefact, _ in tables} & set(pair.axes)):
            axis = pair.axes[artefact]
            levels = [intensity for other, intensity in tables if other == artefact]
            if axis.is_clean_at_neutral and axis.neutral is not None and axis.neutral not in levels:
                levels.append(axis.neutral)
            for side in axis.directions(levels):
                ran = pd.concat([rows for (name, _), rows in tables.items() if name == artefact])
                start = on_patches(clean, ran, ["frame", "patch"])
                curve = [tables.get((artefact, x), clean if start.empty else start) for x in side.intensities]
                yield self._difference(pair, artefact, [clean, *curve], side)

    def _difference(
        self, pair: PairedRecords, artefact: str, tables: Sequence[pd.DataFrame], side: Side
    ) -> PairedDifference:
        distances = side.distances
        sums = pair.curve_sums(tables, "jaccard_old", "jaccard_new").reshape(-1, 3 * len(tables))
        count = len(sums)

        def censored_distance(sums: Floats, model: int) -> Floats:
            means = sums[..., model::3] / sums[..., 2::3]
            return break_point_distance(means[..., 1:], means[..., 0], distances)

        def distance(sums: Floats, model: int) -> Floats:
            return censored_distance(sums, model).clip(distances[0], distances[-1])

        total = sums.sum(axis=0)
        replicates = np.vstack([total, total - sums])  # of the jackknife too: one may be censored alone
        left_censored = censored_distance(replicates, 1) == -inf
        unit = pair.units.get(artefact, Unit(""))
        way = "below" if side.direction > 0 else "above"
        caveat = (
            f"the candidate may break anywhere {way} {unit.amount(side.intensities[0])} "
            f"(left-censored: {side.neutral:g} was not run)"
        )
        old, new = (_describe(sums.reshape(count, -1, 3)[..., [model, 2]], side, unit) for model in (0, 1))
        return PairedDifference(
            artefact,
            None,
            side.at(float(distance(total, 0))),
            side.at(float(distance(total, 1))),
            jackknife(sums, lambda sums: distance(sums, 1) - distance(sums, 0)),
            scale=distances[-1],
            caveat=caveat if left_censored.any() else "",
            remark=f"both are interpolated; the baseline falls {old}, the candidate {new}",
        )


def _describe(scores: Floats, side: Side, unit: Unit) -> str:
    """The bracket of a break-point in a few words, from (blocks, conditions, 2); clean is the first condition."""
    clean, *curve = scores.swapaxes(0, 1)
    order = FrameOrder(np.arange(len(scores)), 1)
    found = locate_crossing(np.stack(curve), order, side.distances, BREAK_RATIO, clean)
    near, far = side.at(found.near), side.at(found.far)
    if found.near == -inf and found.far == inf:
        return "anywhere"
    if found.near == -inf:
        return f"before {unit.amount(far)}"
    if found.far == inf:
        return f"beyond {unit.amount(near)}, if at all"
    return f"between {unit.span(min(near, far), max(near, far), 'and')}"
