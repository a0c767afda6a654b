"""Variances of many quantities from few samples each, moderated by what they have in common (Smyth 2004).

Each variance is taken as drawn from a scaled inverse chi-squared distribution, whose degrees of freedom and scale are
estimated from all of them. The moderated variance has the degrees of both, but what is common never counts for more
than a quantity's own samples: quantities that go up and down together, as the axes of a network do, look more alike
than they are, and few of them are no reliable estimate (docs/gate/README.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from robustbench_cells.results.intervals import Floats

_NOTHING = 1e-12  # a variance below this share of the largest is rounding
_STEPS = 50  # of Newton's method, which takes about five


@dataclass(frozen=True)
class PriorVariance:
    """What the variances have in common.

    Attributes
    ----------
    degrees
        Degrees of freedom; infinite where the variances differ no more than by chance.
    variance
        Scale.
    """

    degrees: float
    variance: float

    def moderate(self, variance: float, degrees: float) -> tuple[float, float]:
        """The moderated variance of one quantity and its degrees of freedom."""
        prior = min(self.degrees, degrees)
        total = prior + degrees
        return (prior * self.variance + degrees * variance) / total, total


def common_variance(variances: Floats, degrees: float) -> PriorVariance:
    """Estimate what variances have in common, by the moments of their logarithms (Smyth 2004, section 6.2).

    Parameters
    ----------
    variances
        Sample variances, (quantities,).
    degrees
        Degrees of freedom of each.
    """
    from scipy.special import digamma, polygamma

    largest = float(variances.max(initial=0.0))
    if largest == 0 or len(variances) == 1:  # nothing in common
        return PriorVariance(0.0, largest)
    logs = np.log(np.maximum(variances, _NOTHING * largest)) - digamma(degrees / 2) + np.log(degrees / 2)
    excess = float(logs.var(ddof=1) - polygamma(1, degrees / 2))
    if excess <= 0:
        return PriorVariance(inf, float(np.exp(logs.mean())))
    prior = 2 * _inverse_trigamma(excess)
    scale = float(np.exp(logs.mean() + digamma(prior / 2) - np.log(prior / 2)))
    return PriorVariance(prior, scale)


def _inverse_trigamma(value: float) -> float:
    """The argument at which the trigamma function has a value, by Newton's method (Smyth 2004, appendix)."""
    from scipy.special import polygamma

    x = 0.5 + 1 / value
    for _ in range(_STEPS):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return x
