"""Criteria that are ratios of counts of cells, pooled over the patches of each condition (`results.pooling`)."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Literal

import numpy as np
import pandas as pd

from robustbench_cells.gate.criteria._base import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import Estimate, jackknife
from robustbench_cells.metrics import METRICS
from robustbench_cells.results.intervals import Floats
from robustbench_cells.results.pooling import linearised
from robustbench_cells.types import Ratio


def _mean_difference(sums: Floats) -> Floats:
    return (sums[..., 1] - sums[..., 0]) / sums[..., 2]


class PooledScore(Criterion):
    """The metric of the same name, a ratio of counts over all patches of a condition."""

    tolerance = 0.02
    better: Literal["more", "less"] = "more"

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        """What it is the mean of."""
        return METRICS.get(self.name).ratios

    @property
    def metrics(self) -> tuple[str, ...]:  # type: ignore[override]
        """The metric, and the counts that it is made of."""
        return tuple(dict.fromkeys([self.name, *(name for ratio in self.ratios for name in ratio.names)]))

    @property
    def unit(self) -> str:  # type: ignore[override]
        """The score itself."""
        return self.name

    @property
    def worst(self) -> float:  # type: ignore[override]
        """Width of the metric's range."""
        return METRICS.get(self.name).range.width

    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """See `Criterion.differences`; none where it is undefined for both models, or for the baseline's."""
        for artefact, intensity, rows in pair.conditions():
            values = {side: _values(rows, self.ratios, side) for side in ("old", "new")}
            old, new = (float(one.mean()) for one in values.values())
            if np.isnan(old):
                continue
            if np.isnan(new):
                caveat = "undefined for the candidate where the baseline is defined"
                nothing = Estimate(float("nan"), float("nan"), 0)
                yield PairedDifference(artefact, intensity, old, new, nothing, caveat=caveat)
                continue
            linear = rows.assign(**values)
            yield PairedDifference(
                artefact,
                intensity,
                old,
                new,
                jackknife(pair.sums(linear, *values), _mean_difference),
                shown=pair.estimate(linear, tuple(values), _mean_difference),
                room=self._room(old),
            )

    def _room(self, baseline: float) -> float:
        """Largest deterioration from the baseline's value that there can be."""
        return baseline if self.better == "more" else inf


def _values(rows: pd.DataFrame, ratios: tuple[Ratio, ...], side: str) -> Floats:
    return linearised(lambda name: rows[f"{name}_{side}"].to_numpy(float), ratios)


@CRITERIA.register
class Ap50(PooledScore):
    """Average precision of each condition, TP / (TP + FP + FN) of cells that match at an IoU of 0.5."""

    name = "ap50"


@CRITERIA.register
class Ap75(PooledScore):
    """Average precision of each condition, TP / (TP + FP + FN) of cells that match at an IoU of 0.75."""

    name = "ap75"


@CRITERIA.register
class Ap(PooledScore):
    """Mean average precision of each condition, over IoU thresholds from 0.50 to 0.95."""

    name = "ap"


@CRITERIA.register
class F1At50(PooledScore):
    """F1 of the cells of each condition that match at an IoU of 0.5."""

    name = "f1_50"


@CRITERIA.register
class PanopticQuality(PooledScore):
    """Panoptic quality of each condition."""

    name = "pq"


@CRITERIA.register
class SegmentationQuality(PooledScore):
    """Mean IoU of the cells of each condition that match at 0.5."""

    name = "sq"
    tolerance = 0.01
    worst = 0.5  # no match has less than 0.5


@CRITERIA.register
class RecognitionQuality(PooledScore):
    """Recognition quality of each condition, which equals f1_50."""

    name = "rq"


@CRITERIA.register
class Seg(PooledScore):
    """SEG of each condition, as the Cell Tracking Challenge computes it."""

    name = "seg"


@CRITERIA.register
class BoundaryF1(PooledScore):
    """Share of the outlines of each condition that are within 2 px of the other side's."""

    name = "boundary_f1"


@CRITERIA.register
class CountError(PooledScore):
    """Error of the cell count of each patch without its sign, summed, by the true cells of each condition."""

    name = "count_error"
    tolerance = 0.05
    better = "less"
    worst = 1.0  # the error of a model that finds no cell


class LostCells(PooledScore):
    """The count of the same name, by the true cells of each condition."""

    tolerance = 0.01
    better = "less"
    unit = "of the true cells"
    worst = inf

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        """The count by the true cells."""
        return (Ratio({self.name: 1}, {"instances_true": 1}),)

    def _room(self, baseline: float) -> float:
        """What is left up to the worst: all true cells can be lost, and no more."""
        return self.worst - baseline


@CRITERIA.register
class Merged(LostCells):
    """Cells lost by merging, as a share of the true cells of each condition."""

    name = "merged"
    worst = 1.0


@CRITERIA.register
class Split(LostCells):
    """Cells made by splitting, as a share of the true cells of each condition."""

    name = "split"


@CRITERIA.register
class Missed(LostCells):
    """Cells without a predicted one, as a share of the true cells of each condition."""

    name = "missed"
    worst = 1.0


@CRITERIA.register
class Invented(LostCells):
    """Predicted cells without a true one, as a share of the true cells of each condition."""

    name = "invented"
