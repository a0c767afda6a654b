"""How often 95 % intervals hold the truth: simulated frames of known means and known correlation.

Scores of two models under a clean condition and at two intensities: a mean, an effect of the frame (AR(1), the same
correlation for all) and an effect of the patch. Half the variance of either effect is shared by all models and
conditions, so that a paired difference has the same frame and patch effects as a mean. Counts are pooled: predicted
cells are the true ones times a factor with the same effects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from robustbench_cells.randomness import generator
from robustbench_cells.results.curves import normalised_auc
from robustbench_cells.results.intervals import FEW_BLOCKS, Floats, FrameOrder, estimates

FRAMES = (8, 24, 60, 240)
CORRELATIONS = (0.0, 0.3, 0.6, 0.8)
FRAME_SD, PATCH_SD, PATCHES = 0.05, 0.08, 6
_MEANS = (0.8, 0.6, 0.3)  # clean, and at the intensities
_INTENSITIES = (0.0, 1.0, 3.0)
_FACTOR = 1.1  # predicted cells by true ones
_CELLS = 20  # true cells of a patch, on average (Poisson)
_CHUNK = 500  # runs at a time
_NORMAL = 1.96  # 97.5 % quantile of the normal distribution


@dataclass(frozen=True)
class Coverage:
    """How one kind of interval fares.

    Attributes
    ----------
    statistic
        Name of what is estimated.
    frames, correlation, block
        Number of frames, their correlation from one to the next, and frames that count as one at least.
    held
        Share of the intervals that hold the truth.
    width
        Mean width, in that of the interval of someone who knows the true standard error.
    few
        Share of the intervals that are marked, since they are over fewer than six blocks.
    """

    statistic: str
    frames: int
    correlation: float
    block: int
    held: float
    width: float
    few: float


@dataclass(frozen=True)
class _Statistic:
    """Something to estimate from the sums of `_draw`, and its true value."""

    compute: Callable[[Floats], Floats]
    truth: float


def _means(sums: Floats) -> Floats:
    """Means of the first model under each condition."""
    return np.asarray(sums[..., :3] / sums[..., 6:7])


def _difference(sums: Floats) -> Floats:
    return np.asarray((sums[..., 3] - sums[..., 0]) / sums[..., 6])


def _relative(means: Floats) -> Floats:
    return np.asarray(means.mean(axis=-1) / means[..., 0])


STATISTICS: Mapping[str, _Statistic] = {
    "mean": _Statistic(lambda sums: _means(sums)[..., 0], _MEANS[0]),
    "paired difference": _Statistic(_difference, 0.0),
    "area": _Statistic(
        lambda sums: normalised_auc(_means(sums), _INTENSITIES), float(normalised_auc(np.array(_MEANS), _INTENSITIES))
    ),
    "rPC": _Statistic(lambda sums: _relative(_means(sums)), float(_relative(np.array(_MEANS)))),
    "count ratio": _Statistic(lambda sums: np.asarray(sums[..., 7] / sums[..., 9]), _FACTOR),
    "paired count ratios": _Statistic(lambda sums: np.asarray((sums[..., 8] - sums[..., 7]) / sums[..., 9]), 0.0),
}


def simulate_coverage(
    *,
    frames: Sequence[int] = FRAMES,
    correlations: Sequence[float] = CORRELATIONS,
    block: int = 5,
    runs: int = 4000,
    seed: int = 0,
    only: str = "",
) -> Iterator[Coverage]:
    """Simulate each number of frames and each correlation.

    Parameters
    ----------
    frames
        Numbers of frames.
    correlations
        Correlations of the frame effect from one frame to the next.
    block
        Frames that count as one at least.
    runs
        Number of simulated runs of each.
    seed
        Seed of the simulation.
    only
        Text that the name of a statistic must contain.

    Yields
    ------
    Coverage
        One per number of frames, correlation and statistic.
    """
    for count in frames:
        order = FrameOrder(np.arange(count), block)
        for correlation in correlations:
            rng = generator(seed, "coverage", count, str(correlation))
            chunks = [min(_CHUNK, runs - start) for start in range(0, runs, _CHUNK)]
            sums = np.concatenate([_draw(chunk, count, correlation, rng) for chunk in chunks])
            for name, statistic in STATISTICS.items():
                if only in name:
                    yield Coverage(name, count, correlation, block, *_judge(sums, statistic, order))


def _judge(sums: Floats, statistic: _Statistic, order: FrameOrder) -> tuple[float, float, float]:
    """Coverage, relative width and share of few blocks."""
    found = estimates(sums, statistic.compute, order)
    low, high = found.limits()
    held = (low <= statistic.truth) & (statistic.truth <= high)
    known = 2 * _NORMAL * found.values.std()
    return float(held.mean()), float((high - low).mean() / known), float((found.blocks < FEW_BLOCKS).mean())


def _draw(runs: int, frames: int, correlation: float, rng: np.random.Generator) -> Floats:
    """Sums over the patches of each frame, (runs, frames, 10).

    Scores of the first model under the three conditions, the same of the second, their number, cells predicted by the
    first and by the second on clean patches, and true cells.
    """
    curves = 2 * len(_MEANS)
    effect = FRAME_SD * _halves(_autoregressive(runs, frames, 1 + curves, correlation, rng))
    noise = PATCH_SD * _halves(rng.standard_normal((runs, frames, PATCHES, 1 + curves)))
    scores = np.tile(_MEANS, 2) + effect[:, :, None] + noise
    true = rng.poisson(_CELLS, (runs, frames, PATCHES))
    predicted = true[..., None] * (_FACTOR + scores[..., [0, 3]] - _MEANS[0])
    sums = [scores.sum(axis=2), np.full((runs, frames, 1), PATCHES), predicted.sum(axis=2), true.sum(axis=2)[..., None]]
    return np.concatenate(sums, axis=2)


def _halves(effects: Floats) -> Floats:
    """Effects of variance 1 of which half is shared, from the shared one and those of each curve, (..., 1 + curves)."""
    return np.asarray(sqrt(0.5) * (effects[..., :1] + effects[..., 1:]))


def _autoregressive(runs: int, frames: int, series: int, correlation: float, rng: np.random.Generator) -> Floats:
    """AR(1) series of variance 1, (runs, frames, series)."""
    effects = rng.standard_normal((runs, frames, series))
    for frame in range(1, frames):
        effects[:, frame] = correlation * effects[:, frame - 1] + sqrt(1 - correlation**2) * effects[:, frame]
    return effects
