"""Whether a loss is more than another seed of the recipe in use would give.

The candidate's deviation from the mean of the seeds is compared with a prediction interval for one more seed: the
variance between seeds, moderated over the axes (`moderation`), and of the mean of the seeds, with the error of the
frames on top. All are tested together at 5 % (Holm 1979): of that the axes have 4 %, and the conditions of a guard,
which are to catch what is large, 1 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt

import numpy as np

from robustbench_cells.gate.moderation import PriorVariance
from robustbench_cells.gate.statistics import FALSE_ALARM, Estimate, holm

SHARES = {False: 0.8, True: 0.2}  # of the false alarms: of the axes, and of a guard


@dataclass(frozen=True)
class RetrainingTest:
    """Where a candidate stands among other seeds of the recipe in use.

    Attributes
    ----------
    seeds
        Number of seeds.
    deviation
        Candidate less the mean of the seeds, with the error of that prediction.
    mean
        Mean of the seeds.
    frames_error
        Part of that error that more frames would make smaller.
    p_worse, p_better
        One-sided p-values of 'below' and of 'above what another seed gives', adjusted for all that is tested together.
    reach
        Deviation in its direction that retraining alone gives at most; adjusted in the same way.
    """

    seeds: int
    deviation: Estimate
    mean: float
    frames_error: float
    p_worse: float = 1.0
    p_better: float = 1.0
    reach: float = inf

    @property
    def is_worse(self) -> bool:
        """Whether it is below what another seed gives."""
        return self.p_worse <= FALSE_ALARM

    @property
    def is_better(self) -> bool:
        """Whether it is above what another seed gives."""
        return self.p_better <= FALSE_ALARM

    @property
    def frames_suffice(self) -> bool:
        """Whether the spread between seeds limits what can be known, and not the number of frames."""
        return self.frames_error <= self.deviation.error / sqrt(2)

    @property
    def excuses(self) -> bool:
        """Whether a loss is within what retraining does, as far as frames can tell."""
        return self.frames_suffice and not self.is_worse


def predict_seed(values: Sequence[float], prior: PriorVariance) -> Estimate:
    """Mean of the seeds' values, with the error that it has as a prediction of one more seed."""
    count = len(values)
    variance, degrees = prior.moderate(float(np.var(values, ddof=1)), count - 1)
    return Estimate(float(np.mean(values)), sqrt(variance * (1 + 1 / count)), count, degrees)


def compare_deviation(value: float, error: float, degrees: float, predicted: Estimate) -> RetrainingTest:
    """Compare one candidate with what another seed gives; p-values and reach are not adjusted yet.

    Parameters
    ----------
    value, error, degrees
        The candidate's value, and the error of the frames with its degrees of freedom.
    predicted
        See `predict_seed`.
    """
    total = sqrt(predicted.error**2 + error**2)
    deviation = Estimate(value - predicted.value, total, predicted.blocks, _satterthwaite(predicted, error, degrees))
    return RetrainingTest(predicted.blocks, deviation, predicted.value, error)


def adjust(tests: Sequence[RetrainingTest], share: float = 1.0) -> list[RetrainingTest]:
    """Fill in the p-values and the reach of all that is tested together, at a share of all false alarms."""
    (worse, to_worse), (better, to_better) = (
        _step_down([replace(one.deviation, value=side * one.deviation.value) for one in tests], share)
        for side in (1, -1)
    )
    return [
        replace(one, p_worse=down, p_better=up, reach=low if one.deviation.value < 0 else high)
        for one, down, up, low, high in zip(tests, worse, better, to_worse, to_better, strict=True)
    ]


def _step_down(deviations: Sequence[Estimate], share: float) -> tuple[list[float], list[float]]:
    """Adjusted p-values of 'below 0', and the deviations at which they are at 5 %: each with those left to decide."""
    alone = [one.p_below(0.0) for one in deviations]
    adjusted = np.minimum(holm(alone) / share, 1)
    place = np.argsort(np.argsort(alone, kind="stable"), kind="stable")
    left = len(alone) - np.minimum(place, (adjusted <= FALSE_ALARM).sum())
    levels = 1 - 2 * share * FALSE_ALARM / left
    reaches = [one.interval(level)[1] - one.value for one, level in zip(deviations, levels.tolist(), strict=True)]
    return adjusted.tolist(), reaches


def _satterthwaite(predicted: Estimate, error: float, degrees: float) -> float:
    """Degrees of freedom of the sum of two variances (Satterthwaite 1946), at most those of the seeds' variance.

    Where that came out small by chance, the sum would seem to be known as well as the error of the frames is.
    """
    seeds, frames = predicted.error**2, error**2
    freedom = inf if predicted.degrees is None else predicted.degrees
    spent = (seeds**2 / freedom if seeds else 0.0) + (frames**2 / degrees if frames else 0.0)
    return min(freedom, (seeds + frames) ** 2 / spent) if spent else inf
