"""Contract and registry of the gate's criteria."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from robustbench_cells.gate.statistics import Estimate, block_sums
from robustbench_cells.registry import Registry
from robustbench_cells.results.intervals import BLOCK, Floats, FrameOrder, estimates
from robustbench_cells.types import condition_name


@dataclass(frozen=True)
class PairedDifference:
    """A criterion's value for the baseline's model and for the candidate's.

    Attributes
    ----------
    artefact, intensity
        Condition; the intensity is None where the value is for the whole artefact.
    baseline, candidate
        The two values.
    estimate
        Candidate less baseline, with its standard error.
    scale
        Factor by which the criterion's tolerance is multiplied.
    caveat
        Why it cannot hold, whatever its interval; empty if it can.
    shown
        The same difference with an error that allows for frames that are alike (see `PairedRecords.estimate`), for the
        interval that is shown; None for the test's own.
    remark
        What a reader of the values must know; empty if nothing.
    room
        Largest deterioration from the baseline's value that there can be.
    """

    artefact: str
    intensity: float | None
    baseline: float
    candidate: float
    estimate: Estimate
    scale: float = 1.0
    caveat: str = ""
    shown: Estimate | None = None
    remark: str = ""
    room: float = inf

    @property
    def condition(self) -> str:
        """Name as in test ids; the artefact alone where the value is for the whole of it."""
        return self.artefact if self.intensity is None else condition_name(self.artefact, self.intensity)


@dataclass(frozen=True, eq=False)
class PairedRecords:
    """Records of two models on the same patches.

    Attributes
    ----------
    records
        One row per patch that both have: artefact, intensity, frame, patch, position and block of the frame, and each
        metric twice, with the suffixes ``_old`` (baseline) and ``_new`` (candidate).
    neutral
        Neutral intensity of each artefact that has one.
    as_one
        Frames that count as one, at least.
    """

    records: pd.DataFrame
    neutral: Mapping[str, float]
    as_one: int = BLOCK

    def conditions(self) -> Iterator[tuple[str, float, pd.DataFrame]]:
        """Iterate over conditions: artefact, intensity and records of each."""
        for (artefact, intensity), rows in self.records.groupby(["artefact", "intensity"]):
            yield str(artefact), float(str(intensity)), rows

    @staticmethod
    def sums(rows: pd.DataFrame, *columns: str) -> Floats:
        """Sum columns by block, (blocks, columns + 1); the last column is the number of rows."""
        return block_sums(_columns(rows, columns), rows["block"].to_numpy(np.int64))

    def estimate(self, rows: pd.DataFrame, columns: Sequence[str], statistic: Callable[[Floats], Floats]) -> Estimate:
        """Estimate a statistic of such sums as the reports do, with an error that allows for frames that are alike."""
        positions, frame = np.unique(rows["position"].to_numpy(np.int64), return_inverse=True)
        sums = block_sums(_columns(rows, columns), frame.ravel())
        found = estimates(sums[None], statistic, FrameOrder(positions, self.as_one))
        value, error, degrees = (float(one[0]) for one in (found.values, found.errors, found.degrees))
        return Estimate(value, error, 0 if np.isnan(error) else int(found.blocks[0]), degrees)


def _columns(rows: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Columns of the rows, and one that counts them."""
    return np.column_stack([*(rows[column].to_numpy(float) for column in columns), np.ones(len(rows))])


class Criterion(Protocol):
    """Something that must not get worse: one class per file.

    Attributes
    ----------
    name
        Name for ``--rb-gate``.
    tolerance
        Largest tolerated deterioration by default.
    unit
        Unit of the tolerance.
    better
        Direction of an improvement.
    metrics
        Names of the metrics that it is computed from.
    per_condition
        Whether each condition has a value of its own, independent of other conditions.
    worst
        Deterioration that the criterion cannot exceed, or at which nothing is left of what it measures, in the
        tolerance's unit: a tolerance as large as that would let any model pass, and is refused.
    """

    name: str
    tolerance: float
    unit: str
    better: Literal["more", "less"]
    metrics: tuple[str, ...]
    per_condition: bool = True
    worst: float = inf

    @abstractmethod
    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """Compare the two models: one difference per condition, or per artefact, that the pair covers."""
        ...


CRITERIA: Registry[Criterion] = Registry(
    "robustbench_cells.gate.criteria", "criterion", Criterion, "robustbench_cells.criteria"
)
