"""Contract and registry of metrics."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from robustbench_cells.registry import Registry
from robustbench_cells.types import Masks, ScoreRange


@dataclass(frozen=True, eq=False)
class Comparison:
    """Predicted and true masks of a batch, with the pixel counts that several metrics share.

    Attributes
    ----------
    masks
        Predicted foreground, bool, (N, H, W).
    truth
        True foreground (``labels > 0``), bool, (N, H, W).
    """

    masks: Masks
    truth: Masks

    @cached_property
    def true_positives(self) -> npt.NDArray[np.int64]:
        """True-positive pixels per patch, (N,)."""
        return np.count_nonzero(self.masks & self.truth, axis=(1, 2))

    @cached_property
    def predicted(self) -> npt.NDArray[np.int64]:
        """Predicted foreground pixels per patch, (N,)."""
        return np.count_nonzero(self.masks, axis=(1, 2))

    @cached_property
    def actual(self) -> npt.NDArray[np.int64]:
        """True foreground pixels per patch, (N,)."""
        return np.count_nonzero(self.truth, axis=(1, 2))

    @property
    def pixels(self) -> int:
        """Number of pixels in one patch."""
        return int(np.prod(self.masks.shape[1:]))


class Metric(Protocol):
    """A score of predicted masks against the ground truth, per patch.

    Attributes
    ----------
    name
        Column in the tables.
    version
        Number to increase whenever the same masks would score differently.
    pooled
        How the scores of a condition's patches are aggregated.
    best
        Which value is best: the highest, the lowest, or the one nearest to the metric named by `target`.
    target
        Name of the metric to match where `best` is ``nearest``.
    range
        Values that a score can have: a stored one outside of them is refused as damage.
    """

    name: str
    version: int
    pooled: Literal["mean", "sum"]
    best: Literal["highest", "lowest", "nearest"]
    target: str = ""
    range: ScoreRange = ScoreRange()

    @abstractmethod
    def score(self, comparison: Comparison) -> npt.NDArray[np.float64]:
        """Score each patch: float64, (N,), within `range`; NaN where the metric is undefined."""
        ...


METRICS: Registry[Metric] = Registry("robustbench_cells.metrics", "metric", Metric, "robustbench_cells.metrics")
