"""Frames are looked at a quarter first, then a half, then all, and no further once a condition is decided.

Each look at each condition must be as sure as if all looks at all conditions were taken (Bonferroni): whenever it
stops, the chance of a false alarm anywhere is held, and so is that of a true drop that slips through at one condition.
The frames of a look are spread over the whole sequence, so nearly every block has some.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from robustbench_cells.gate.comparability import refuse, require_comparable
from robustbench_cells.gate.criteria import PairedRecords
from robustbench_cells.gate.decision import FALSE_ALARM, Decision, decisions
from robustbench_cells.gate.pairing import condition_sides, neutral_intensities, pair_records, with_blocks
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record

_STRIDES = (4, 2, 1)  # every so many frames
LOOKS = len(_STRIDES)
_FEWEST = 6  # blocks that may decide before the last look: that a few are all alike is no news


def interim_looks(frames: Sequence[str]) -> list[list[str]]:
    """The frames of each look; each has all those of the one before."""
    return [list(frames[::stride]) for stride in _STRIDES]


@dataclass(frozen=True, eq=False)
class InterimTest:
    """When a condition of a model needs no more frames.

    Attributes
    ----------
    tolerances
        Of each criterion that is looked at, by its name.
    neutral
        The intensity of each artefact that does nothing.
    count
        How many judgements there are to be, at most.
    """

    tolerances: Mapping[str, float]
    neutral: Mapping[str, float]
    count: int

    def judge(self, segmenter: str, rows: pd.DataFrame) -> list[Decision]:
        """What one look at one condition gives; for the rows see `PairedRecords`."""
        numbered = rows.assign(block=pd.factorize(rows["block"])[0])  # a look may have no frame of some block
        return list(decisions(PairedRecords(numbered, self.neutral), segmenter, self.tolerances, LOOKS))

    def is_decided(self, found: Sequence[Decision]) -> bool:
        """Whether every criterion is, so that more frames are not needed."""
        there = {decision.criterion.name for decision in found}
        return there == set(self.tolerances) and all(map(self._is_decided, found))

    def _is_decided(self, decision: Decision) -> bool:
        enough = decision.difference.estimate.blocks >= _FEWEST
        return enough and (decision.holds or decision.p_alone * self.count <= FALSE_ALARM)


@dataclass(frozen=True, eq=False)
class EarlyStopping:
    """Says while a run goes on which conditions need no more frames. `compare` with ``sequential`` then says the same.

    Attributes
    ----------
    baseline
        The run that the other is judged by.
    run
        The facts of the other.
    names
        The baseline's name of each of its models.
    interim_test
        Sized for all conditions that are to be run.
    """

    baseline: Results
    run: RunManifest
    names: Mapping[str, str]
    interim_test: InterimTest

    def interim_looks(self, frames: Sequence[str]) -> list[list[str]]:
        """See `interim_looks`, the function."""
        return interim_looks(frames)

    def is_decided(self, segmenter: str, records: Sequence[Record]) -> bool:
        """Whether the records of a model under a condition, those of the frames of one look, are enough.

        What is not judged is enough at once.
        """
        if segmenter not in self.names:
            return True
        found = Results(records_table(records), self.run)
        rows = pair_records(self.baseline, found, self.names[segmenter], segmenter, how="inner")
        return self.interim_test.is_decided(self.interim_test.judge(segmenter, with_blocks(rows, self.run)))


def early_stopping(
    baseline: Results,
    run: RunManifest,
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None,
    wanted: Mapping[str, Collection[str]],
) -> EarlyStopping:
    """The rule for a run of these facts, of these models under each condition.

    Raises
    ------
    GateError
        If it could not be judged.
    """
    names = require_comparable(baseline, run, tolerances, against, sequential=True)
    count = sum(name in names for segmenters in wanted.values() for name in segmenters)
    return EarlyStopping(
        baseline, run, names, InterimTest(tolerances, neutral_intensities(run), len(tolerances) * count)
    )


def decide_condition(
    interim_test: InterimTest, name: str, rows: pd.DataFrame, frames: Sequence[str]
) -> tuple[list[Decision], int]:
    """What the look that decides a condition gives, or the last one, and how many patches it rests on."""
    found: list[Decision] = []
    part = rows
    for look in interim_looks(frames):
        part = rows[rows["frame"].isin(look)]
        if (part["_merge"] != "both").any():
            (title, _), *_ = condition_sides(rows)
            refuse([f"the candidate lacks patches of {name}-{title}, which its frames so far do not decide"])
        found = interim_test.judge(name, part)
        if interim_test.is_decided(found):
            break
    return found, len(part)
