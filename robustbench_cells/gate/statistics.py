"""How sure a difference between two runs is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from robustbench_cells.results.intervals import LEVEL, Floats


def block_sums(values: Floats, block: npt.NDArray[np.int64]) -> Floats:
    """Sums over the rows of each block, (blocks, columns), of ``values`` (rows, columns) without a NaN."""
    sums = np.zeros((int(block.max()) + 1, values.shape[1]))
    np.add.at(sums, block, values)
    return sums


@dataclass(frozen=True)
class Estimate:
    """A figure with its standard error, on so many blocks: (value - truth) / error is Student's t.

    Attributes
    ----------
    value, error
        In the figure's unit.
    blocks
        How many blocks it rests on.
    """

    value: float
    error: float
    blocks: int

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Low and high; infinite on fewer than two blocks."""
        from scipy.special import stdtrit  # Student's t; a hundred times as fast as scipy.stats.t

        if self.blocks < 2:
            return float("-inf"), float("inf")
        reach = float(self.error * stdtrit(self.blocks - 1, (1 + level) / 2))
        return self.value - reach, self.value + reach

    def p_below(self, bound: float) -> float:
        """The p-value of 'the truth is below the bound', against 'it is there or above'."""
        from scipy.special import stdtr

        if self.blocks < 2:
            return 1.0
        if self.error == 0:
            return float(self.value >= bound)
        return float(stdtr(self.blocks - 1, (self.value - bound) / self.error))


def jackknife(sums: Floats, figure: Callable[[Floats], Floats]) -> Estimate:
    """A figure of sums over blocks, its error by leaving out each block in turn (Tukey 1958).

    The error of a mean is the usual one. A bootstrap of a dozen blocks cannot tell p-values of a thousandth, which a
    grid of many conditions needs.

    Parameters
    ----------
    sums
        (blocks, columns).
    figure
        From (..., columns) to (...).
    """
    count, total = len(sums), sums.sum(axis=0)
    value = float(figure(total))
    if count < 2:
        return Estimate(value, float("nan"), count)
    without = figure(total - sums)
    error = np.sqrt((count - 1) / count * np.square(without - without.mean()).sum())
    return Estimate(value, float(error), count)


def holm(p_values: Sequence[float]) -> Floats:
    """P-values adjusted so that the chance of one false alarm among all is held (Holm 1979)."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(adjusted, 1)
    return result
