"""What a criterion is, and the registry of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from robustbench_cells.gate.statistics import Estimate, block_sums
from robustbench_cells.registry import Registry
from robustbench_cells.results.intervals import Floats
from robustbench_cells.types import condition_name


@dataclass(frozen=True)
class PairedDifference:
    """A figure of the baseline's model beside that of the candidate's.

    Attributes
    ----------
    artefact, intensity
        Where; the intensity is None where the figure is of the whole artefact.
    baseline, candidate
        The two figures.
    estimate
        The second less the first.
    scale
        What the criterion's tolerance is to be multiplied by.
    remark
        Why it cannot be said to hold, whatever its interval; empty if it can.
    """

    artefact: str
    intensity: float | None
    baseline: float
    candidate: float
    estimate: Estimate
    scale: float = 1.0
    remark: str = ""

    @property
    def condition(self) -> str:
        """As in test ids; the artefact alone where the figure is of the whole of it."""
        return self.artefact if self.intensity is None else condition_name(self.artefact, self.intensity)


@dataclass(frozen=True, eq=False)
class PairedRecords:
    """The records of two models on the same patches.

    Attributes
    ----------
    records
        A row for each patch that both have: artefact, intensity, frame, patch, its frame's block, and each metric
        twice, with the endings ``_old`` (the baseline's) and ``_new``.
    neutral
        The intensity of each artefact that does nothing, where there is one.
    """

    records: pd.DataFrame
    neutral: Mapping[str, float]

    def conditions(self) -> Iterator[tuple[str, float, pd.DataFrame]]:
        """Artefact, intensity and records of each condition."""
        for (artefact, intensity), rows in self.records.groupby(["artefact", "intensity"]):
            yield str(artefact), float(str(intensity)), rows

    @staticmethod
    def sums(rows: pd.DataFrame, *columns: str) -> Floats:
        """Sums over blocks, (blocks, columns + 1), the last column how many rows there are."""
        values = np.column_stack([*(rows[column].to_numpy(float) for column in columns), np.ones(len(rows))])
        return block_sums(values, rows["block"].to_numpy(np.int64))


class Criterion(Protocol):
    """Something that must not get worse: one class a file.

    Attributes
    ----------
    name
        For ``--rb-gate``.
    tolerance
        By how much it may get worse, if not said otherwise.
    unit
        Of the tolerance.
    better
        Which way is better.
    metrics
        That it is a figure of.
    of_a_condition
        Whether it is a figure of each condition, and does not need others beside it.
    """

    name: str
    tolerance: float
    unit: str
    better: Literal["more", "less"]
    metrics: tuple[str, ...]
    per_condition: bool = True

    @abstractmethod
    def differences(self, pair: PairedRecords) -> Iterator[PairedDifference]:
        """One for each condition, or each artefact, that the pair covers."""
        ...


CRITERIA: Registry[Criterion] = Registry(
    "robustbench_cells.gate.criteria", "criterion", Criterion, "robustbench_cells.criteria"
)
