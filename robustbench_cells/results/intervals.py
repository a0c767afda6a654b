"""How sure a mean over frames is, and a difference between two models.

Patches of a frame are alike, and so are frames that follow one another: neither count as independent. What does is a
block of consecutive frames, so blocks are what is resampled for every interval here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from robustbench_cells.randomness import generator

Floats = npt.NDArray[np.float64]

LEVEL = 0.95  # of every interval
BLOCK = 5  # frames of a sequence; where neighbours are not alike every frame is a block
_RESAMPLES = 2000


def blocks(positions: Sequence[int], length: int) -> npt.NDArray[np.int64]:
    """The block of each frame.

    Parameters
    ----------
    positions
        Of the frames in their sequence: where only some of it is used, frames far apart are in different blocks.
    length
        Frames of the whole sequence that make a block.

    Returns
    -------
    numpy.ndarray
        int64, (frames,), from 0 up without a gap.

    Raises
    ------
    ValueError
        If the length is below 1.
    """
    if length < 1:
        raise ValueError(f"blocks of {length} frames: 1 or more is needed")
    return np.unique(np.asarray(positions, np.int64) // length, return_inverse=True)[1].astype(np.int64)


def mean_interval(sums: Floats) -> tuple[float, float]:
    """The 95 % interval of a mean by the bootstrap over blocks, bias-corrected and accelerated (Efron 1987).

    Parameters
    ----------
    sums
        (blocks, 2): the sum of each block's values, and how many they are.

    Returns
    -------
    tuple
        Low and high; NaN where fewer than two blocks have a value.
    """
    from scipy.stats import bootstrap

    total, count = sums[sums[:, 1] > 0].T
    if len(count) < 2:
        return float("nan"), float("nan")
    means = total / count
    if np.allclose(means, means[0], rtol=1e-12, atol=0):  # alike but for rounding: there is nothing to resample
        return float(means[0]), float(means[0])

    def mean(total: Floats, count: Floats, axis: int) -> Floats:
        return total.sum(axis=axis) / count.sum(axis=axis)

    found = bootstrap(
        (total, count),
        mean,
        n_resamples=_RESAMPLES,
        paired=True,
        vectorized=True,
        confidence_level=LEVEL,
        rng=generator("bootstrap", len(count)),  # the same blocks are drawn whatever is looked at
    ).confidence_interval
    return float(found.low), float(found.high)


def resampled(sums: Floats) -> Floats:
    """Sums over the rows of each block, drawn anew with replacement 2000 times: (2000, columns).

    Parameters
    ----------
    sums
        (blocks, columns). The same blocks are drawn whatever is looked at, so that figures of one draw go together.
    """
    count = len(sums)
    return generator("bootstrap", count).multinomial(count, np.full(count, 1 / count), _RESAMPLES) @ sums


def percentile_interval(values: Floats) -> tuple[float, float]:
    """The 95 % interval of a figure by its values on `resampled` sums; for figures that BCa's shift cannot follow.

    Infinite values keep their place at the ends; NaN ones are left out.
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return float(low), float(high)
