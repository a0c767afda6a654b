"""What a metric is, and the registry of metrics."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from robustbench_cells.registry import Registry
from robustbench_cells.types import Masks


@dataclass(frozen=True, eq=False)
class Comparison:
    """A batch of predicted masks beside the truth, with what several metrics need of the two counted once.

    Attributes
    ----------
    masks
        bool, (N, H, W): the prediction.
    truth
        bool, (N, H, W): ``labels > 0``.
    """

    masks: Masks
    truth: Masks

    @cached_property
    def true_positives(self) -> npt.NDArray[np.int64]:
        """Pixels that both call cell, (N,)."""
        return np.count_nonzero(self.masks & self.truth, axis=(1, 2))

    @cached_property
    def predicted(self) -> npt.NDArray[np.int64]:
        """Pixels that the prediction calls cell, (N,)."""
        return np.count_nonzero(self.masks, axis=(1, 2))

    @cached_property
    def actual(self) -> npt.NDArray[np.int64]:
        """Pixels that the truth calls cell, (N,)."""
        return np.count_nonzero(self.truth, axis=(1, 2))

    @property
    def pixels(self) -> int:
        """Pixels of one patch."""
        return int(np.prod(self.masks.shape[1:]))


class Metric(Protocol):
    """A score of predicted masks against the truth, per patch.

    Attributes
    ----------
    name
        Column of the tables.
    version
        Raise it whenever the same masks give another score.
    pooled
        How the patches of a condition become one figure.
    best
        Which value is best: the highest, the lowest, or that nearest to the metric named by `target`.
    """

    name: str
    version: int
    pooled: Literal["mean", "sum"]
    best: Literal["highest", "lowest", "nearest"]
    target: str = ""

    @abstractmethod
    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """float64, (N,); NaN where the metric is undefined."""
        ...


METRICS: Registry[Metric] = Registry("robustbench_cells.metrics", "metric", Metric, "robustbench_cells.metrics")
