"""Estimates of a difference between two runs: jackknife, Student's t, Holm's correction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from robustbench_cells.results.intervals import LEVEL, Floats

FALSE_ALARM = 0.05  # family-wise error rate over the whole grid


def block_sums(values: Floats, block: npt.NDArray[np.int64]) -> Floats:
    """Sum rows by block.

    Parameters
    ----------
    values
        (rows, columns), without NaN.
    block
        Block of each row, (rows,).

    Returns
    -------
    numpy.ndarray
        (blocks, columns).
    """
    sums = np.zeros((int(block.max()) + 1, values.shape[1]))
    np.add.at(sums, block, values)
    return sums


@dataclass(frozen=True)
class Estimate:
    """An estimate with its standard error: (value - truth) / error follows Student's t.

    Attributes
    ----------
    value, error
        Estimate and standard error, in the unit of what is estimated.
    blocks
        Number of blocks that it is based on.
    degrees
        Degrees of freedom of the error; None for one less than the blocks.
    """

    value: float
    error: float
    blocks: int
    degrees: float | None = None

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Lower and upper confidence limit; infinite with fewer than two blocks."""
        from scipy.special import stdtrit  # Student's t; a hundred times as fast as scipy.stats.t

        if self.blocks < 2:
            return float("-inf"), float("inf")
        reach = float(self.error * stdtrit(self._freedom, (1 + level) / 2))
        return self.value - reach, self.value + reach

    def p_below(self, bound: float) -> float:
        """P-value of 'the truth is below the bound' against 'it is at the bound or above'."""
        from scipy.special import stdtr

        if self.blocks < 2:
            return 1.0
        if self.error == 0:
            return float(self.value >= bound)
        return float(stdtr(self._freedom, (self.value - bound) / self.error))

    @property
    def _freedom(self) -> float:
        return self.blocks - 1 if self.degrees is None else self.degrees


def jackknife(sums: Floats, statistic: Callable[[Floats], Floats]) -> Estimate:
    """Estimate a function of sums over blocks, with its standard error from leaving out each block (Tukey 1958).

    For a mean it is the usual standard error. A bootstrap of a dozen blocks cannot resolve p-values of a thousandth,
    which a grid of many conditions needs.

    Parameters
    ----------
    sums
        (blocks, columns).
    statistic
        Function of sums, from (..., columns) to (...).
    """
    count, total = len(sums), sums.sum(axis=0)
    value = float(statistic(total))
    if count < 2:
        return Estimate(value, float("nan"), count)
    without = statistic(total - sums)
    error = np.sqrt((count - 1) / count * np.square(without - without.mean()).sum())
    return Estimate(value, float(error), count)


def holm(p_values: Sequence[float]) -> Floats:
    """Adjust p-values to control the family-wise error rate (Holm 1979)."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(adjusted, 1)
    return result
