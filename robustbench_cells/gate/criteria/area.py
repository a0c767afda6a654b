"""Mean score over each axis: what a user of the model gets over the whole range of an artefact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from robustbench_cells.gate.criteria._base import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import jackknife
from robustbench_cells.results.curves import axis_mean
from robustbench_cells.results.intervals import Floats

_COLUMNS = ("jaccard_old", "jaccard_new")


@CRITERIA.register
class Area(Criterion):
    """Mean Jaccard of each axis: clean, and each artefact over its intensities.

    Over an artefact it is the normalised area under the curve, on the artefact's own scale (`axis_mean`).
    """

    name = "area"
    metrics = ("jaccard",)
    tolerance = 0.01
    unit = "jaccard"
    better = "more"
    per_condition = False
    worst = 1.0  # a Jaccard score lost everywhere

    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """See `Criterion.differences`; one per axis."""
        axes: dict[str, list[tuple[float, pd.DataFrame]]] = {}
        for artefact, intensity, rows in pair.conditions():
            if intensity not in pair.refined.get(artefact, ()):
                axes.setdefault(artefact, []).append((intensity, rows))
        for artefact, conditions in axes.items():
            levels, tables = zip(*sorted(conditions, key=lambda one: one[0]), strict=True)
            yield _difference(pair, artefact, levels, tables)


def _difference(
    pair: PairedRecords, artefact: str, levels: Sequence[float], tables: Sequence[pd.DataFrame]
) -> PairedDifference:
    places = pair.axis(artefact).positions(levels)

    def means(sums: Floats, model: int) -> Floats:
        return axis_mean(sums[..., model::3] / sums[..., 2::3], places)

    def difference(sums: Floats) -> Floats:
        return means(sums, 1) - means(sums, 0)

    sums = pair.curve_sums(tables, *_COLUMNS).reshape(-1, 3 * len(tables))
    old, new = (float(means(sums.sum(axis=0), model)) for model in (0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):  # where all frames of a condition are one block
        estimate = jackknife(sums, difference)
    return PairedDifference(
        artefact,
        None,
        old,
        new,
        estimate,
        shown=pair.estimate_curve(tables, _COLUMNS, difference),
        room=old,
        intensities=levels,
    )
