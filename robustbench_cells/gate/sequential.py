"""Early stopping: a group-sequential design with interim looks at a quarter, at half and at all of the frames.

A condition stops at the first look that decides it. Each look is corrected for all looks at all conditions
(Bonferroni): whenever a condition stops, the rate of false alarms over the grid is held, and so is the rate of misses
at each condition. The frames of a look are spread over the whole sequence, so nearly every block has some.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from robustbench_cells.gate.comparability import refuse, require_comparable
from robustbench_cells.gate.criteria import PairedRecords
from robustbench_cells.gate.decision import FALSE_ALARM, Decision, make_decisions
from robustbench_cells.gate.pairing import add_blocks, condition_sides, neutral_intensities, pair_records
from robustbench_cells.results.intervals import BLOCK
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record

_STRIDES = (4, 2, 1)  # every n-th frame
LOOKS = len(_STRIDES)
_MIN_BLOCKS = 6  # for a decision before the last look: agreement between a few blocks is uninformative


def interim_looks(frames: Sequence[str]) -> list[list[str]]:
    """Frames of each look; each look includes the frames of the one before."""
    return [list(frames[::stride]) for stride in _STRIDES]


@dataclass(frozen=True, eq=False)
class InterimTest:
    """The test at an interim look: whether a condition of a model needs more frames.

    Attributes
    ----------
    tolerances
        Tolerance of each criterion, by name.
    neutral
        Neutral intensity of each artefact.
    count
        Largest number of decisions in the whole comparison.
    as_one
        Frames that count as one, at least.
    """

    tolerances: Mapping[str, float]
    neutral: Mapping[str, float]
    count: int
    as_one: int = BLOCK

    def decide(self, segmenter: str, rows: pd.DataFrame) -> list[Decision]:
        """Decisions at one look at one condition; for the rows see `PairedRecords`."""
        numbered = rows.assign(block=pd.factorize(rows["block"])[0])  # a look may have no frame of some blocks
        return list(
            make_decisions(PairedRecords(numbered, self.neutral, self.as_one), segmenter, self.tolerances, LOOKS)
        )

    def is_decided(self, decisions: Sequence[Decision]) -> bool:
        """Whether every criterion is decided, so that no more frames are needed."""
        criteria = {decision.criterion.name for decision in decisions}
        return criteria == set(self.tolerances) and all(map(self._is_decided, decisions))

    def _is_decided(self, decision: Decision) -> bool:
        enough = decision.difference.estimate.blocks >= _MIN_BLOCKS
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
        return self.interim_test.is_decided(self.interim_test.decide(segmenter, add_blocks(rows, self.run)))


def early_stopping(
    baseline: Results,
    run: RunManifest,
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None,
    wanted: Mapping[str, Collection[str]],
) -> EarlyStopping:
    """Make the stopping rule of a candidate run.

    Parameters
    ----------
    baseline
        Results of the baseline run.
    run
        Manifest of the candidate run.
    tolerances, against
        See `compare`.
    wanted
        Names of the segmenters that are to run under each condition.

    Raises
    ------
    GateError
        If the runs are not comparable.
    """
    names = require_comparable(baseline, run, tolerances, against, sequential=True)
    count = sum(name in names for segmenters in wanted.values() for name in segmenters)
    return EarlyStopping(
        baseline,
        run,
        names,
        InterimTest(tolerances, neutral_intensities(run), len(tolerances) * count, run.settings.block),
    )


def decide_condition(
    interim_test: InterimTest, name: str, rows: pd.DataFrame, frames: Sequence[str]
) -> tuple[list[Decision], int]:
    """Decisions at the look that decides a condition, or else at the last one, and the number of patches used.

    Raises
    ------
    GateError
        If the candidate run does not have the frames of a look that is needed.
    """
    decisions: list[Decision] = []
    part = rows
    for look in interim_looks(frames):
        part = rows[rows["frame"].isin(look)]
        if (part["_merge"] != "both").any():
            (condition, _), *_ = condition_sides(rows)
            refuse([f"patches of {name}-{condition} missing from the candidate: its frames do not decide it"])
        decisions = interim_test.decide(name, part)
        if interim_test.is_decided(decisions):
            break
    return decisions, len(part)
