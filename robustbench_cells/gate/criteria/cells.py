"""Cell count."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from robustbench_cells.gate.criteria._base import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import jackknife
from robustbench_cells.results.intervals import Floats


def _errors(sums: Floats) -> tuple[Floats, Floats]:
    """Relative errors of both counts, from sums of (old, new, true, rows)."""
    old, new, true = sums[..., 0], sums[..., 1], sums[..., 2]
    return np.abs(old / true - 1), np.abs(new / true - 1)


def _difference(sums: Floats) -> Floats:
    old, new = _errors(sums)
    return new - old


@CRITERIA.register
class Cells(Criterion):
    """Absolute relative error of each condition's cell count."""

    name = "cells"
    metrics = ("cells_predicted", "cells_true")
    tolerance = 0.05
    unit = "of the true cells"
    better = "less"
    worst = 1.0  # the error of a model that finds no cell

    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """See `Criterion.differences`; none for conditions without cells."""
        for artefact, intensity, rows in pair.conditions():
            columns = ("cells_predicted_old", "cells_predicted_new", "cells_true_new")
            sums = pair.sums(rows, *columns)
            if (sums[:, 2] > 0).sum() >= 2:  # the jackknife leaves one block out
                old, new = _errors(sums.sum(axis=0))
                shown = pair.estimate(rows, columns, _difference)
                estimate = jackknife(sums, _difference)
                yield PairedDifference(artefact, intensity, float(old), float(new), estimate, shown=shown)
