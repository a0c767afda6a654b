"""Aspects that are the mean of a metric over the patches."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.gate.criteria._base import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import Estimate, jackknife
from robustbench_cells.results.intervals import Floats


def _mean_difference(sums: Floats) -> Floats:
    return (sums[..., 1] - sums[..., 0]) / sums[..., 2]


class MeanScore(Criterion):
    """The mean of the metric of the same name; patches on which neither model has one are left out."""

    tolerance = 0.01
    better = "more"

    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """See `Criterion.differences`. What only one of the two models leaves undefined is remarked upon."""
        old, new = f"{self.name}_old", f"{self.name}_new"
        for artefact, intensity, rows in pair.conditions():
            defined = rows.dropna(subset=[old, new])
            lost = int((rows[old].notna() & rows[new].isna()).sum())
            patches = "patch" if lost == 1 else "patches"
            remark = f"the candidate's is undefined on {lost} {patches} on which the baseline's is not" if lost else ""
            if defined.empty:
                if lost:
                    nothing = Estimate(float("nan"), float("nan"), 0)
                    yield PairedDifference(artefact, intensity, rows[old].mean(), float("nan"), nothing, remark=remark)
                continue
            sums = pair.sums(defined, old, new)
            total = sums.sum(axis=0)
            yield PairedDifference(
                artefact,
                intensity,
                total[0] / total[2],
                total[1] / total[2],
                jackknife(sums[sums[:, 2] > 0], _mean_difference),
                remark=remark,
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
