"""Contract and registry of the gate's criteria."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from robustbench_cells.gate.statistics import Estimate, block_sums
from robustbench_cells.registry import Registry
from robustbench_cells.results.axes import Axis
from robustbench_cells.results.intervals import BLOCK, Floats, FrameOrder, Ints, estimates
from robustbench_cells.results.units import Unit
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
    intensities
        Intensities of the artefact that the value is over, ascending.
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
    intensities: Sequence[float] = ()

    @property
    def condition(self) -> str:
        """Name as in test ids; the artefact alone where the value is for the whole of it."""
        return self.artefact if self.intensity is None else condition_name(self.artefact, self.intensity)

    @property
    def levels(self) -> Sequence[float]:
        """Intensities that the value is over; none where that cannot be said."""
        return self.intensities if self.intensity is None else (self.intensity,)


@dataclass(frozen=True, eq=False)
class PairedRecords:
    """Records of two models on the same patches.

    Attributes
    ----------
    records
        One row per patch that both have: artefact, intensity, frame, patch, position and block of the frame, and each
        metric twice, with the suffixes ``_old`` (baseline) and ``_new`` (candidate).
    axes
        Axis of each artefact.
    as_one
        Frames that count as one, at least.
    refined
        Intensities of each artefact that were added to the grid for break-points: no axis has them, since another
        model has others.
    units
        Unit of each artefact's intensities.
    """

    records: pd.DataFrame
    axes: Mapping[str, Axis]
    as_one: int = BLOCK
    refined: Mapping[str, Sequence[float]] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)

    def axis(self, artefact: str) -> Axis:
        """Axis of an artefact, or of ``clean``."""
        return self.axes.get(artefact, Axis(None))

    def conditions(self) -> Iterator[tuple[str, float, pd.DataFrame]]:
        """Iterate over conditions: artefact, intensity and records of each."""
        for (artefact, intensity), rows in self.records.groupby(["artefact", "intensity"]):
            yield str(artefact), float(str(intensity)), rows

    @staticmethod
    def sums(rows: pd.DataFrame, *columns: str) -> Floats:
        """Sum columns by block, (blocks, columns + 1); the last column is the number of rows."""
        numbers = np.unique(rows["block"].to_numpy(np.int64), return_inverse=True)[1]  # some have no frame in the rows
        return block_sums(_columns(rows, columns), numbers)

    @staticmethod
    def curve_sums(tables: Sequence[pd.DataFrame], *columns: str) -> Floats:
        """Sum columns of several conditions over the same blocks, (blocks, conditions, columns + 1); see `sums`."""
        blocks = [rows["block"].to_numpy(np.int64) for rows in tables]
        return _over_same(blocks, [_columns(rows, columns) for rows in tables])[1]

    def estimate(self, rows: pd.DataFrame, columns: Sequence[str], statistic: Callable[[Floats], Floats]) -> Estimate:
        """Estimate a statistic of such sums as the reports do, with an error that allows for frames that are alike."""
        positions, frame = np.unique(rows["position"].to_numpy(np.int64), return_inverse=True)
        sums = block_sums(_columns(rows, columns), frame.ravel())
        return self._estimate(sums, statistic, positions)

    def estimate_curve(
        self, tables: Sequence[pd.DataFrame], columns: Sequence[str], statistic: Callable[[Floats], Floats]
    ) -> Estimate:
        """The same over several conditions; the statistic takes (..., conditions * (columns + 1))."""
        frames = [rows["position"].to_numpy(np.int64) for rows in tables]
        positions, sums = _over_same(frames, [_columns(rows, columns) for rows in tables])
        return self._estimate(sums.reshape(len(positions), -1), statistic, positions)

    def _estimate(self, sums: Floats, statistic: Callable[[Floats], Floats], positions: Ints) -> Estimate:
        found = estimates(sums[None], statistic, FrameOrder(positions, self.as_one))
        value, error, degrees = (float(one[0]) for one in (found.values, found.errors, found.degrees))
        return Estimate(value, error, 0 if np.isnan(error) else int(found.blocks[0]), degrees)


def _over_same(groups: Sequence[Ints], values: Sequence[Floats]) -> tuple[Ints, Floats]:
    """The groups that any table has, and the sums of each table over them, (groups, tables, columns)."""
    every = np.unique(np.concatenate(groups))
    sums = np.zeros((len(every), len(groups), values[0].shape[1]))
    for number, (of_row, rows) in enumerate(zip(groups, values, strict=True)):
        np.add.at(sums[:, number], np.searchsorted(every, of_row), rows)
    return every, sums


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
    interim
        Whether it can be asked of one condition alone, so that a condition may stop early.
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
    interim: bool = True
    worst: float = inf

    @abstractmethod
    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """Compare the two models: one difference per condition, or per artefact, that the pair covers."""
        ...


CRITERIA: Registry[Criterion] = Registry(
    "robustbench_cells.gate.criteria", "criterion", Criterion, "robustbench_cells.criteria"
)
