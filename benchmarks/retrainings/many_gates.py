"""The gate's statistics for many simulated gates at once: the same formulae on arrays, (gates, decisions).

The tests hold them to `robustbench_cells.gate`, which judges one gate at a time and takes a thousand times as long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, ndtr, ndtri, polygamma, stdtr, stdtrit

from robustbench_cells.results.intervals import LEVEL, Floats

Bools = npt.NDArray[np.bool_]
_NOTHING = 1e-12
_STEPS = 50
_NODES = 64
_MOST_COMMON = 0.95


@dataclass(frozen=True, eq=False)
class Differences:
    """Paired differences from the model in use, (gates, decisions): estimates, their errors and numbers of blocks."""

    values: Floats
    errors: Floats
    blocks: Floats

    @classmethod
    def from_sums(cls, sums: Floats, counts: Floats, weights: Floats) -> Differences:
        """See `jackknife`; from sums and numbers of frames (gates, blocks, conditions), and weights of decisions."""
        total, number = sums.sum(axis=1), counts.sum(axis=1)
        has = (counts @ (weights.T > 0).astype(float)) > 0  # (gates, blocks, decisions)
        blocks = has.sum(axis=1)
        values = (total / number) @ weights.T
        without = ((total[:, None] - sums) / (number[:, None] - counts)) @ weights.T
        mean = (without * has).sum(axis=1) / blocks
        square = (np.square(without - mean[:, None]) * has).sum(axis=1)
        return cls(values, np.sqrt((blocks - 1) / blocks * square), blocks)

    def p_below(self, bound: float | Floats) -> Floats:
        """See `Estimate.p_below`."""
        with np.errstate(divide="ignore"):
            return stdtr(self.blocks - 1, (self.values - bound) / self.errors)

    def quantile(self, level: float | Floats) -> Floats:
        """Of Student's t, with the degrees of freedom of each."""
        return stdtrit(self.blocks - 1, level)

    def lower(self, looks: int) -> Floats:
        """Lower limit of the interval, corrected for all looks."""
        return self.values - self.errors * stdtrit(self.blocks - 1, 1 - (1 - LEVEL) / looks / 2)


@dataclass(frozen=True, eq=False)
class Priors:
    """See `PriorVariance`; one per gate, (gates, 1)."""

    degrees: Floats
    variances: Floats

    @classmethod
    def of(cls, variances: Floats, degrees: int, has: Bools) -> Priors:
        """See `common_variance`; from variances (gates, quantities), of those that have something in common."""
        largest = variances.max(axis=1, keepdims=True, where=has, initial=0.0)
        logs = np.log(np.maximum(variances, _NOTHING * largest)) - digamma(degrees / 2) + np.log(degrees / 2)
        excess = logs.var(axis=1, ddof=1, keepdims=True, where=has) - polygamma(1, degrees / 2)
        mean = logs.mean(axis=1, keepdims=True, where=has)
        alike = excess <= 0
        half = _inverse_trigamma(np.where(alike, 1.0, excess))
        scale = np.where(alike, np.exp(mean), np.exp(mean + digamma(half) - np.log(half)))
        return cls(np.where(alike, np.inf, 2 * half), scale)

    def moderate(self, variances: Floats, degrees: int) -> tuple[Floats, Floats]:
        """See `PriorVariance.moderate`."""
        prior = np.minimum(self.degrees, degrees)
        moderated = (prior * self.variances + degrees * variances) / (prior + degrees)
        return moderated, np.broadcast_to(prior + degrees, moderated.shape)


@dataclass(frozen=True, eq=False)
class SeedTests:
    """See `RetrainingTest` and `Foresight`; candidates among seeds, (gates, decisions).

    Attributes
    ----------
    deviations
        Candidate less the mean of the seeds.
    spreads
        Moderated standard deviations between seeds.
    frames_errors
        Errors of the paired differences.
    errors, degrees
        Errors of the deviations as predictions of one more seed, with the error of the frames.
    in_use
        Model in use less the mean of the seeds.
    standardised
        Each seed less their mean, in spreads, (gates, seeds, decisions).
    """

    deviations: Floats
    spreads: Floats
    frames_errors: Floats
    errors: Floats
    degrees: Floats
    in_use: Floats
    standardised: Floats

    @classmethod
    def of(cls, seeds: Floats, priors: Priors, found: Differences) -> SeedTests:
        """From values of the seeds (gates, seeds, decisions), what their variances have in common, and differences."""
        count = seeds.shape[1]
        variances, freedom = priors.moderate(seeds.var(axis=1, ddof=1), count - 1)
        predicted, frames = variances * (1 + 1 / count), found.errors**2
        spent = predicted**2 / freedom + frames**2 / (found.blocks - 1)
        degrees = np.minimum(freedom, (predicted + frames) ** 2 / spent)
        centred = seeds - seeds.mean(axis=1, keepdims=True)
        in_use, spreads, total = centred[:, 0], np.sqrt(variances), np.sqrt(predicted + frames)
        return cls(in_use + found.values, spreads, found.errors, total, degrees, in_use, centred / spreads[:, None])

    @property
    def p_worse(self) -> Floats:
        """One-sided p-values of 'below what another seed gives', not adjusted."""
        return stdtr(self.degrees, self.deviations / self.errors)

    @property
    def frames_suffice(self) -> Bools:
        """See `RetrainingTest.frames_suffice`."""
        return self.frames_errors <= self.errors / np.sqrt(2)

    def reach(self, level: float, tested: Floats) -> Floats:
        """See `RetrainingTest.reach`, before any is decided; ``tested`` at ``level`` together, (gates, 1)."""
        return stdtrit(self.degrees, 1 - level / np.maximum(tested, 1)) * self.errors

    def caught(self, reach: Floats, share: float = 0.95) -> Floats:
        """See `Foresight.caught_by_seeds`."""
        return reach + np.sqrt(self.spreads**2 + self.frames_errors**2) * stdtrit(self.degrees, share)

    def failure(self, limit: Floats, reach: Floats) -> Floats:
        """See `Foresight.failure`; ``limit`` of the difference below which the frames alone are in the way."""
        within = -reach - self.in_use
        bound = np.where(self.frames_suffice, np.minimum(limit, within), limit)
        return stdtr(self.degrees, (bound + self.in_use) / self.errors)


def holm(p: Floats, judged: Bools) -> Floats:
    """See `statistics.holm`; over what is judged in each gate, (gates, decisions); 1 elsewhere."""
    ordered = np.argsort(np.where(judged, p, np.inf), axis=1)
    ranked = np.take_along_axis(np.where(judged, p, 1.0), ordered, axis=1)
    factor = np.maximum(judged.sum(axis=1, keepdims=True) - np.arange(p.shape[1]), 1)
    adjusted = np.minimum(np.maximum.accumulate(ranked * factor, axis=1), 1)
    result = np.ones(p.shape)
    np.put_along_axis(result, ordered, adjusted, axis=1)
    return np.where(judged, result, 1.0)


def chance_of_none(failures: Floats, common: Floats) -> Floats:
    """See `plan.chance_of_none`; failures (gates, decisions), 0 where there is none, and what is common, (gates,)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    limits = ndtri(failures)
    holds = np.zeros(len(failures))
    for node, weight in zip(nodes, weights, strict=True):
        at = (np.sqrt(common) * node)[:, None] - limits
        holds += weight * ndtr(at / np.sqrt(1 - common)[:, None]).prod(axis=1)
    return holds / weights.sum()


def common_share(deviations: Floats, judged: Bools) -> Floats:
    """See `plan.common_share`; standardised deviations (gates, seeds, decisions) of what is judged."""
    count = judged.sum(axis=1)
    kept = np.where(judged[:, None], deviations, 0.0)
    own = kept.var(axis=1, ddof=1).sum(axis=1) / count
    of_mean = (kept.sum(axis=2) / count[:, None]).var(axis=1, ddof=1)
    return np.clip((count * of_mean / own - 1) / np.maximum(count - 1, 1), 0, _MOST_COMMON)


def _inverse_trigamma(values: Floats) -> Floats:
    x = 0.5 + 1 / values
    for _ in range(_STEPS):
        trigamma = polygamma(1, x)
        step = trigamma * (1 - trigamma / values) / polygamma(2, x)
        x = x + step
        if (-step / x < 1e-8).all():
            break
    return x
