"""Blocks of frames: how many frames count as one, and what an interval over blocks must allow for.

Neighbouring frames of a sequence are alike. *Frames that count as one* (``L``) says how much: the mean of N frames is
as uncertain as that of N/L independent ones, which with a correlation that decays geometrically is a correlation of
(L - 1)/(L + 1) from one frame to the next (see `correlation`). L is what was asked for (``--rb-block``), or more where
the frames show more (`frames_as_one`): a few frames cannot show that they are independent.

The error of a mean is estimated from means over blocks of consecutive frames. Blocks are correlated too, so that
estimate is too small, and it has few degrees of freedom. `block_design` computes both for the assumed correlation,
exactly, and takes the number of blocks that makes the interval narrowest: the frames' own variation cannot make it
lower, as in fixed-b inference (Kiefer and Vogelsang 2005; Müller and Watson 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVEL = 0.95  # confidence level of every interval
_MOST_BLOCKS = 512  # more of correlated frames narrow nothing
_LONGEST_BLOCK = 250  # frames; longer ones cost time and narrow nothing
_SIGNIFICANT = 1.64  # one-sided 5 % limit of an autocorrelation, in units of 1/√frames
_QUIET_LAGS = 3  # insignificant autocorrelations in a row that end the search


def correlation(length: float) -> float:
    """Correlation from one frame to the next at which ``length`` frames count as one."""
    return (length - 1) / (length + 1)


@dataclass(frozen=True, eq=False)
class BlockDesign:
    """Blocks of frames, and how an interval over them is corrected.

    Attributes
    ----------
    starts
        Index of the first frame of each block, (blocks,).
    inflation
        Factor on the jackknife's standard error over these blocks.
    degrees
        Degrees of freedom of that standard error.
    """

    starts: Ints
    inflation: float
    degrees: float


def block_design(positions: Ints, length: int) -> BlockDesign:
    """Choose the blocks that give the narrowest interval of independent frames, and still hold for correlated ones.

    Parameters
    ----------
    positions
        Positions of two or more frames in the sequence, ascending.
    length
        Frames that count as one.
    """
    return _block_design(np.ascontiguousarray(positions, np.int64).tobytes(), length)


@lru_cache(4096)
def _block_design(content: bytes, length: int) -> BlockDesign:
    positions = np.frombuffer(content, np.int64)
    frames = len(positions)
    if length == 1:  # independent: every frame is a block, which is the textbook's interval
        return BlockDesign(np.arange(frames), 1.0, frames - 1.0)
    fewest, most = max(2, frames // _LONGEST_BLOCK), min(frames, _MOST_BLOCKS)
    counts = np.unique(np.geomspace(min(fewest, most), most, 40).round().astype(int))
    candidates = [_design_of(positions, int(count), correlation(length)) for count in counts]
    return min(candidates, key=lambda pair: pair[0])[1]


def _design_of(positions: Ints, count: int, rho: float) -> tuple[float, BlockDesign]:
    """A design of so many blocks, and the expected half width with it if the frames are independent."""
    from scipy.special import stdtrit

    frames = len(positions)
    starts = np.arange(count) * frames // count
    sizes = np.diff(np.append(starts, frames))
    correlated = _jackknife_moments(_block_covariance(positions, starts, rho), sizes)
    independent = _jackknife_moments(np.diag(sizes.astype(float)), sizes)
    design = BlockDesign(starts, np.sqrt(correlated.variance / correlated.mean), correlated.degrees)
    half_width = stdtrit(design.degrees, (1 + LEVEL) / 2) * design.inflation * np.sqrt(independent.mean)
    return float(half_width), design


@dataclass(frozen=True)
class _Moments:
    """True variance of a mean, mean of its squared jackknife error, and that one's degrees of freedom."""

    variance: float
    mean: float
    degrees: float


def _jackknife_moments(covariance: Floats, sizes: Ints) -> _Moments:
    """Moments of the jackknife over blocks whose sums have this covariance; Satterthwaite's degrees of freedom."""
    count, frames = len(sizes), sizes.sum()
    with_total = covariance.sum(axis=0)
    without = (with_total.sum() - with_total[:, None] - with_total + covariance) / np.outer(
        frames - sizes, frames - sizes
    )
    centred = without - without.mean(axis=0) - without.mean(axis=1)[:, None] + without.mean()
    factor = (count - 1) / count
    mean = factor * np.trace(centred)
    return _Moments(with_total.sum() / frames**2, mean, mean**2 / (factor**2 * np.square(centred).sum()))


def _block_covariance(positions: Ints, starts: Ints, rho: float) -> Floats:
    """Covariance of the sums over blocks, (blocks, blocks), of frames of variance 1 whose correlation decays."""
    ends = np.append(starts[1:], len(positions)) - 1
    first, last = positions[starts], positions[ends]
    sizes = ends - starts + 1
    # between blocks the correlation is a product: to the end of the one, over the gap, from the start of the other
    to_end = np.add.reduceat(rho ** (np.repeat(last, sizes) - positions), starts)
    from_start = np.add.reduceat(rho ** (positions - np.repeat(first, sizes)), starts)
    gaps = np.maximum(first[None, :] - last[:, None], 0)
    upper = np.triu(to_end[:, None] * rho**gaps * from_start, 1)
    parts = np.split(positions, starts[1:])
    within = [float((rho ** np.abs(part[:, None] - part)).sum()) for part in parts]
    return np.asarray(upper + upper.T + np.diag(within))


def frames_as_one(influences: Floats, positions: Ints, least: int) -> Ints:
    """Estimate how many frames count as one, from the autocorrelations up to the last significant ones.

    Twice as many lags as are significant are summed with weights that decline over the second half (Politis and Romano
    1995; the cut-off after Politis and White 2004), and what an estimated mean takes from each is added.

    Parameters
    ----------
    influences
        Influence of each frame on each of the estimates, (estimates, frames); NaN where unknown.
    positions
        Positions of the frames in the sequence, ascending.
    least
        Smallest number of frames.

    Returns
    -------
    numpy.ndarray
        (estimates,), at least ``least``; more only while two blocks of that length remain.
    """
    frames = len(positions)
    most_lags = min(frames - 2, int(np.ceil(np.sqrt(frames))) + 10)
    found = np.full(len(influences), least)
    if most_lags < 1:
        return found
    deviations = influences - influences.mean(axis=1, keepdims=True)
    power = np.square(deviations).sum(axis=1)
    known = np.flatnonzero(power > 0)  # neither NaN nor constant
    deviations, power = deviations[known], power[known]
    correlations = (
        np.stack([(deviations[:, lag:] * deviations[:, :-lag]).sum(axis=1) for lag in range(1, most_lags + 1)], axis=1)
        / (power[:, None])
    )
    weights = _flat_top(_significant_lags(correlations < _SIGNIFICANT / np.sqrt(frames)), most_lags)
    times = 1 + 2 * (weights * correlations).sum(axis=1)
    times = np.maximum(1, times * (1 + 2 * weights.sum(axis=1) / frames))
    spacing = float(np.median(np.diff(positions)))  # positions from one of these frames to the next
    rho = ((times - 1) / (times + 1)) ** (1 / spacing)
    lengths = (1 + rho) / (1 - rho)
    most = max(least, int(positions[-1] - positions[0] + 1) // 2)
    found[known] = np.clip(np.ceil(lengths - 1e-9), least, most)
    return found


def _significant_lags(is_quiet: npt.NDArray[np.bool_]) -> Ints:
    """Number of lags before the first run of insignificant ones, (estimates,), from (estimates, lags)."""
    ends = np.ones((len(is_quiet), _QUIET_LAGS), bool)
    padded, lags = np.hstack([is_quiet, ends]), is_quiet.shape[1] + 1
    runs = np.logical_and.reduce([padded[:, shift : shift + lags] for shift in range(_QUIET_LAGS)])
    return np.argmax(runs, axis=1)


def _flat_top(significant: Ints, most_lags: int) -> Floats:
    """Weights of the lags: 1 over the significant ones, then declining to 0 over as many, (estimates, lags)."""
    lags = np.arange(1, most_lags + 1)
    share = lags / np.maximum(significant, 1)[:, None]
    return np.where(significant[:, None] > 0, np.clip(2 - share, 0, 1), 0.0)
