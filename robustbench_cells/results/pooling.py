"""How the records of a metric become values whose mean is what the metric is of all of them.

A score is averaged over patches, so each record is its own value. A ratio of counts is pooled: the sum of one count
over all patches of a condition by the sum of another. Its values are linearised (Taylor linearisation: Särndal,
Swensson & Wretman 1992; the infinitesimal jackknife: Jaeckel 1972): of a record with counts a and b they are R + (a - R
b) / mean(b), where R is the pooled ratio. Their mean is R exactly, and the spread of their mean over blocks is that of
R to first order. So means, intervals, paired differences, areas and break-points need to know of one kind of value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from robustbench_cells.results.frame_blocks import Floats
from robustbench_cells.results.manifest import MetricInfo
from robustbench_cells.types import Ratio


def values_of(rows: pd.DataFrame, metric: str, info: MetricInfo, groups: npt.NDArray[np.int64]) -> Floats:
    """Values of a metric, one per record, whose mean over a group is the metric's value of that group.

    Parameters
    ----------
    rows
        Records.
    metric, info
        Name of the metric, and how it is pooled.
    groups
        Group of each record (segmenter and condition), numbered from 0, (records,).

    Returns
    -------
    numpy.ndarray
        (records,), NaN where the metric is undefined: a score of the record, a ratio of the whole group.
    """
    if not info.ratios:
        return rows[metric].to_numpy(float)
    return linearised(lambda name: rows[name].to_numpy(float), info.ratios, groups)


def linearised(
    counts: Callable[[str], Floats], ratios: Sequence[Ratio], groups: npt.NDArray[np.int64] | None = None
) -> Floats:
    """Linearised values of the mean of some ratios, (records,); NaN in a group where a denominator sums up to 0.

    Parameters
    ----------
    counts
        Gives a count of each record, by its name, (records,).
    ratios
        The ratios.
    groups
        Group of each record, numbered from 0, (records,); None for one group.
    """
    columns = {name: counts(name) for ratio in ratios for name in ratio.names}
    size = len(next(iter(columns.values())))
    of_record = np.zeros(size, np.int64) if groups is None else groups
    return np.mean([_linearised(columns, ratio, of_record) for ratio in ratios], axis=0)


def pooled_ratio(counts: Callable[[str], Floats], ratios: Sequence[Ratio]) -> float:
    """The mean of some ratios of sums over all records; NaN where a denominator sums up to 0."""
    values = linearised(counts, ratios)
    return float(values.mean()) if len(values) else float("nan")


def _linearised(columns: Mapping[str, Floats], ratio: Ratio, groups: npt.NDArray[np.int64]) -> Floats:
    part, whole = (sum(weight * columns[name] for name, weight in side.items()) for side in (ratio.part, ratio.whole))
    number = np.bincount(groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(groups, whole) / number
        pooled = np.where(mean > 0, np.bincount(groups, part) / number / mean, np.nan)
        return np.asarray(pooled[groups] + (part - pooled[groups] * whole) / mean[groups])
