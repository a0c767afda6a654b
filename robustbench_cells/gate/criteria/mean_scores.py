"""Criteria that are the mean of a metric over the patches."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Literal

from robustbench_cells.gate.criteria._base import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import Estimate, jackknife
from robustbench_cells.metrics import METRICS
from robustbench_cells.results.intervals import Floats


def _mean_difference(sums: Floats) -> Floats:
    return (sums[..., 1] - sums[..., 0]) / sums[..., 2]


class MeanScore(Criterion):
    """Mean of the metric of the same name over the patches on which it is defined for both models."""

    tolerance = 0.01
    better: Literal["more", "less"] = "more"

    @property
    def worst(self) -> float:  # type: ignore[override]
        """Width of the metric's range."""
        return METRICS.get(self.name).range.width

    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """See `Criterion.differences`. A caveat counts the patches on which only the candidate's score is undefined."""
        old, new = f"{self.name}_old", f"{self.name}_new"
        for artefact, intensity, rows in pair.conditions():
            defined = rows.dropna(subset=[old, new])
            lost = int((rows[old].notna() & rows[new].isna()).sum())
            patches = "patch" if lost == 1 else "patches"
            caveat = f"undefined for the candidate on {lost} {patches} where the baseline is defined" if lost else ""
            if defined.empty:
                if lost:
                    nothing = Estimate(float("nan"), float("nan"), 0)
                    yield PairedDifference(artefact, intensity, rows[old].mean(), float("nan"), nothing, caveat=caveat)
                continue
            sums = pair.sums(defined, old, new)
            total = sums.sum(axis=0)
            low = METRICS.get(self.name).range.low
            yield PairedDifference(
                artefact,
                intensity,
                total[0] / total[2],
                total[1] / total[2],
                jackknife(sums[sums[:, 2] > 0], _mean_difference),
                caveat=caveat,
                shown=pair.estimate(defined, (old, new), _mean_difference),
                room=inf if low is None or self.better == "less" else float(total[0] / total[2]) - low,
            )


@CRITERIA.register
class Jaccard(MeanScore):
    """Mean Jaccard of each condition."""

    name = "jaccard"
    metrics = ("jaccard",)
    unit = "jaccard"


@CRITERIA.register
class Precision(MeanScore):
    """Mean precision of each condition."""

    name = "precision"
    metrics = ("precision",)
    unit = "precision"


@CRITERIA.register
class Recall(MeanScore):
    """Mean recall of each condition."""

    name = "recall"
    metrics = ("recall",)
    unit = "recall"


@CRITERIA.register
class Hd95(MeanScore):
    """Mean distance of each condition within which 95 % of the outlines lie from the other side's."""

    name = "hd95"
    metrics = ("hd95",)
    tolerance = 1.0
    unit = "px"
    better = "less"
