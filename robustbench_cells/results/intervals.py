"""Confidence intervals of means over frames.

Patches of one frame are correlated, and so are consecutive frames: neither are independent samples. Blocks of
consecutive frames are treated as such, so every interval here resamples blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from robustbench_cells.randomness import generator

Floats = npt.NDArray[np.float64]

LEVEL = 0.95  # confidence level of every interval
BLOCK = 5  # frames of a sequence; without a sequence every frame is a block
_RESAMPLES = 2000


def assign_blocks(positions: Sequence[int], length: int) -> npt.NDArray[np.int64]:
    """Assign each frame to a block.

    Parameters
    ----------
    positions
        Positions of the frames within the whole sequence, so that of a subset distant frames get different blocks.
    length
        Length of a block, in frames of the whole sequence.

    Returns
    -------
    numpy.ndarray
        int64, (frames,), numbered from 0 without gaps.

    Raises
    ------
    ValueError
        If the length is below 1.
    """
    if length < 1:
        raise ValueError(f"a block of {length} frames; its length must be 1 or more")
    return np.unique(np.asarray(positions, np.int64) // length, return_inverse=True)[1].astype(np.int64)


def mean_interval(sums: Floats) -> tuple[float, float]:
    """95 % interval of a mean by the bootstrap over blocks, bias-corrected and accelerated (Efron 1987).

    Parameters
    ----------
    sums
        Sum and number of each block's values, (blocks, 2).

    Returns
    -------
    tuple
        Lower and upper limit; NaN where fewer than two blocks have a value.
    """
    from scipy.stats import bootstrap

    total, count = sums[sums[:, 1] > 0].T
    if len(count) < 2:
        return float("nan"), float("nan")
    means = total / count
    if np.allclose(means, means[0], rtol=1e-12, atol=0):  # equal up to rounding: nothing to resample
        return float(means[0]), float(means[0])

    def mean(total: Floats, count: Floats, axis: int) -> Floats:
        return total.sum(axis=axis) / count.sum(axis=axis)

    interval = bootstrap(
        (total, count),
        mean,
        n_resamples=_RESAMPLES,
        paired=True,
        vectorized=True,
        confidence_level=LEVEL,
        rng=generator("bootstrap", len(count)),  # the same blocks for every metric
    ).confidence_interval
    return float(interval.low), float(interval.high)


def resample_blocks(sums: Floats) -> Floats:
    """Draw blocks with replacement 2000 times and sum them, (2000, columns).

    The same blocks are drawn for the same number of blocks, so values of one draw belong together.

    Parameters
    ----------
    sums
        Sums over the rows of each block, (blocks, columns).
    """
    count = len(sums)
    return generator("bootstrap", count).multinomial(count, np.full(count, 1 / count), _RESAMPLES) @ sums


def percentile_interval(values: Floats) -> tuple[float, float]:
    """95 % percentile interval of values on resampled blocks; for statistics that may be infinite, unlike BCa.

    Infinite values count as extremes; NaN ones are left out.
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return float(low), float(high)
