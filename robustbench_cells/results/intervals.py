"""95 % confidence intervals of means over frames, and of whatever is computed from them.

Patches of one frame are correlated, and so are consecutive frames: neither are independent samples. Every interval is
the estimate plus and minus Student's t times a jackknife standard error over blocks of frames, corrected for what
frames that are alike hide from it (`frame_blocks`). How often the intervals hold the truth: `coverage`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from robustbench_cells.results.frame_blocks import LEVEL, BlockDesign, Floats, Ints, block_design, frames_as_one

__all__ = [
    "BLOCK",
    "FEW_BLOCKS",
    "LEVEL",
    "Estimates",
    "Floats",
    "FrameOrder",
    "Ints",
    "assign_blocks",
    "estimates",
    "ratio",
]

BLOCK = 5  # frames of a sequence that count as one at least; without a sequence every frame counts
FEW_BLOCKS = 6  # an interval over fewer rests on what is assumed of the frames more than on what they show


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


@dataclass(frozen=True, eq=False)
class FrameOrder:
    """Where the frames of a table of sums lie in time.

    Attributes
    ----------
    positions
        Positions within the whole sequence, (frames,), ascending.
    length
        Frames that count as one, at least.
    """

    positions: Ints
    length: int

    def count_blocks(self, length: int) -> int:
        """Number of blocks of so many frames that have a frame."""
        return len(np.unique(self.positions // length))

    def only(self, present: npt.NDArray[np.bool_]) -> FrameOrder:
        """The order of some of the frames."""
        return FrameOrder(self.positions[present], self.length)


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates with their standard errors: (value - truth) / error follows Student's t; each array (estimates,).

    Attributes
    ----------
    values
        Estimates.
    errors
        Standard errors, corrected for correlated frames; NaN where the frames are one block, or an estimate is
        undefined, or becomes so without some block.
    degrees
        Degrees of freedom of the errors.
    blocks
        Number of blocks of frames that count as one.
    """

    values: Floats
    errors: Floats
    degrees: Floats
    blocks: Ints

    def limits(self, level: float = LEVEL) -> tuple[Floats, Floats]:
        """Lower and upper limits of the intervals; NaN without a standard error."""
        from scipy.special import stdtrit  # Student's t; a hundred times as fast as scipy.stats.t

        reach = self.errors * stdtrit(self.degrees, (1 + level) / 2)
        return self.values - reach, self.values + reach


def estimates(sums: Floats, statistic: Callable[[Floats], Floats], order: FrameOrder) -> Estimates:
    """Estimate a statistic of each of several tables of sums.

    Parameters
    ----------
    sums
        Sums over the patches of each frame, (tables, frames, columns). A frame whose sums are all 0 has no patch.
    statistic
        Smooth function of the sums over all frames, from (..., columns) to (...).
    order
        Order of the frames.

    Returns
    -------
    Estimates
        One estimate per table.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.stack([statistic(sums.sum(axis=1)), *np.full((2, len(sums)), np.nan), np.zeros(len(sums))])
        patterns, of_table = np.unique((sums != 0).any(axis=2), axis=0, return_inverse=True)
        for number, present in enumerate(patterns):
            tables = np.flatnonzero(of_table.ravel() == number)
            found[1:, tables] = _errors(sums[np.ix_(tables, present)], statistic, order.only(present))
    values, errors, degrees, blocks = found
    return Estimates(values, errors, degrees, blocks.astype(np.int64))


def _errors(sums: Floats, statistic: Callable[[Floats], Floats], order: FrameOrder) -> Floats:
    """Standard errors, degrees of freedom and blocks, (3, tables), over frames that all have patches."""
    found = np.full((3, len(sums)), np.nan)
    found[2] = order.count_blocks(order.length)
    if order.count_blocks(order.length) < 2:
        return found
    totals = sums.sum(axis=1)
    lengths = frames_as_one(statistic(totals[:, None] - sums), order.positions, order.length)
    for length in np.unique(lengths).tolist():
        tables = np.flatnonzero(lengths == length)
        design = block_design(order.positions, length)
        error = _jackknife_error(sums[tables], totals[tables], statistic, design)
        found[0, tables] = design.inflation * error
        found[1:, tables] = [[design.degrees], [order.count_blocks(length)]]
    return found


def _jackknife_error(
    sums: Floats, totals: Floats, statistic: Callable[[Floats], Floats], design: BlockDesign
) -> Floats:
    """Standard error from leaving out each block (Tukey 1958), (tables,); for a mean it is the usual one."""
    blocks = np.add.reduceat(sums, design.starts, axis=1)
    without = statistic(totals[:, None] - blocks)
    deviations = without - without.mean(axis=1, keepdims=True)
    count = len(design.starts)
    error = np.sqrt((count - 1) / count * np.square(deviations).sum(axis=1))
    rounding = 1e-12 * np.abs(without).max(axis=1)
    return np.where(error <= rounding, 0.0, error)


def ratio(sums: Floats) -> Floats:
    """The first column by the second: a mean, from sums and numbers of values; NaN where there are none."""
    empty = np.full(sums.shape[:-1], np.nan)
    return np.divide(sums[..., 0], sums[..., 1], out=empty, where=sums[..., 1] > 0)
