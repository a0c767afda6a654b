"""Early stopping: a group-sequential design with interim looks at a quarter, at half and at all of the frames.

A condition stops at the first look that decides it. Each look is corrected for all looks at all conditions
(Bonferroni): whenever a condition stops, the rate of false alarms over the grid is held, and so is the rate of misses
at each condition. An axis stops condition by condition, each by the tolerance of the axis: if none of them loses more,
neither does their mean. The frames of a look are spread over the whole sequence, so nearly every block has some.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from robustbench_cells.gate.baselines import Baselines
from robustbench_cells.gate.comparability import refuse, require_comparable
from robustbench_cells.gate.decision import Decision, make_decisions
from robustbench_cells.gate.demands import Demand
from robustbench_cells.gate.pairing import CONDITION, add_blocks, condition_sides, pair_records, paired_records
from robustbench_cells.gate.statistics import FALSE_ALARM
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record

_STRIDES = (4, 2, 1)  # every n-th frame
LOOKS = len(_STRIDES)
MIN_BLOCKS = 6  # for a decision before the last look: agreement between a few blocks is uninformative


def interim_looks(frames: Sequence[str]) -> list[list[str]]:
    """Frames of each look; each look includes the frames of the one before."""
    return [list(frames[::stride]) for stride in _STRIDES]


@dataclass(frozen=True, eq=False)
class InterimTest:
    """The test at an interim look: whether a condition of a model needs more frames.

    Attributes
    ----------
    demands
        What must not get worse, and by how much it may.
    count
        Largest number of decisions in the whole comparison.
    """

    demands: Sequence[Demand]
    count: int

    def stops(self, segmenter: str, rows: pd.DataFrame, run: RunManifest) -> bool:
        """Whether the rows of one look at one condition (see `PairedRecords`) decide it."""
        alone = replace(paired_records(rows, run), refined={})  # whether or not an axis has it
        return self.is_decided(list(make_decisions(alone, segmenter, self.demands, LOOKS)))

    def is_decided(self, decisions: Sequence[Decision]) -> bool:
        """Whether every criterion is decided, so that no more frames are needed."""
        criteria = {decision.criterion.name for decision in decisions}
        return criteria == {demand.criterion.name for demand in self.demands} and all(map(self._is_decided, decisions))

    def _is_decided(self, decision: Decision) -> bool:
        enough = decision.difference.estimate.blocks >= MIN_BLOCKS
        return enough and (decision.holds or decision.p_alone * self.count <= FALSE_ALARM)


@dataclass(frozen=True, eq=False)
class EarlyStopping:
    """The stopping rule of a run; `compare` with ``sequential`` reaches the same decisions afterwards.

    Attributes
    ----------
    baseline
        Results of the baseline run.
    run
        Manifest of the candidate run.
    names
        Name in the baseline of each model of the candidate run.
    interim_test
        Test for the number of conditions that are to run.
    """

    baseline: Results
    run: RunManifest
    names: Mapping[str, str]
    interim_test: InterimTest

    def interim_looks(self, frames: Sequence[str]) -> list[list[str]]:
        """See `sequential.interim_looks`."""
        return interim_looks(frames)

    def is_decided(self, segmenter: str, records: Sequence[Record]) -> bool:
        """Whether the records of a model on the frames of one look decide their condition.

        Segmenters that are not compared, such as the background, are decided at the first look.
        """
        if segmenter not in self.names:
            return True
        candidate = Results(records_table(records), self.run)
        rows = pair_records(self.baseline, candidate, self.names[segmenter], segmenter, how="inner")
        return self.interim_test.stops(segmenter, add_blocks(rows, self.run), self.run)


def early_stopping(
    baselines: Baselines,
    run: RunManifest,
    demands: Sequence[Demand],
    against: Mapping[str, str] | None,
    wanted: Mapping[str, Collection[str]],
) -> EarlyStopping:
    """Make the stopping rule of a candidate run.

    Parameters
    ----------
    baselines
        Runs that the candidate is judged by.
    run
        Manifest of the candidate run.
    demands, against
        See `compare`.
    wanted
        Names of the segmenters that are to run under each condition.

    Raises
    ------
    GateError
        If the runs are not comparable.
    """
    names = require_comparable(baselines, run, demands, against, sequential=True).names
    count = sum(name in names for segmenters in wanted.values() for name in segmenters)
    return EarlyStopping(baselines.in_use, run, names, InterimTest(demands, len(demands) * count))


def frames_used(interim_test: InterimTest, name: str, rows: pd.DataFrame, run: RunManifest) -> pd.DataFrame:
    """The rows of a model that decide each condition: those of the look that does, or else of the last one.

    Raises
    ------
    GateError
        If the candidate run does not have the frames of a look that is needed.
    """
    return pd.concat([_look_that_decides(interim_test, name, part, run) for _, part in rows.groupby(CONDITION)])


def _look_that_decides(interim_test: InterimTest, name: str, rows: pd.DataFrame, run: RunManifest) -> pd.DataFrame:
    part = rows
    for look in interim_looks(run.dataset.frames):
        part = rows[rows["frame"].isin(look)]
        if (part["_merge"] != "both").any():
            (condition, _), *_ = condition_sides(rows)
            refuse([f"patches of {name}-{condition} missing from the candidate: its frames do not decide it"])
        if interim_test.stops(name, part, run):
            break
    return part
