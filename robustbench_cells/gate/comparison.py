"""Did the retrained model get worse? A candidate run against a baseline run, condition by condition.

Both ran on the same patches under the same artefacts, so what counts is the difference on each patch, over blocks of
frames (`statistics`). What is made of each condition says `decision`. The whole holds only if every condition does, so
that a true drop slips through at most one time in forty, however many conditions there are.

Whatever would make the verdict a lie raises instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from robustbench_cells.gate.comparability import (
    cut_problems,
    failed_test_problems,
    record_problems,
    refuse,
    require_comparable,
)
from robustbench_cells.gate.criteria import CRITERIA, PairedRecords
from robustbench_cells.gate.decision import Decision, GateOutcome, decisions, overall, settle
from robustbench_cells.gate.pairing import (
    CONDITION,
    condition_sides,
    covered_patches,
    neutral_intensities,
    pair_records,
)
from robustbench_cells.gate.sequential import InterimTest, decide_condition
from robustbench_cells.results.tables import Results
from robustbench_cells.types import REFERENCE


@dataclass(frozen=True)
class Gate:
    """A whole comparison.

    Attributes
    ----------
    judgements
        In the order of the grid.
    not_covered
        What the baseline has and the candidate's run was not asked for.
    title
        Of the data set.
    patches
        How many the judgements rest on, and how many there are under their conditions.
    tests
        How many of the grid the candidate's run had, and how many there are.
    commands
        That made the baseline and the candidate.
    """

    decisions: Sequence[Decision]
    not_covered: Sequence[str]
    title: str
    patches: tuple[int, int] = (1, 1)
    tests: tuple[int, int] = (1, 1)
    commands: tuple[str, str] = ("", "")

    @property
    def verdict(self) -> GateOutcome:
        """Of the whole."""
        return overall(self.decisions)

    @property
    def is_whole(self) -> bool:
        """Whether it covers all that the baseline has, and the whole grid."""
        return not self.not_covered and self.tests[0] == self.tests[1]


def compare(
    baseline: Results,
    candidate: Results,
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None = None,
    *,
    sequential: bool = False,
) -> Gate:
    """Judge a candidate's results by those of a baseline run.

    Parameters
    ----------
    baseline, candidate
        Of the same frames, artefacts, metrics and seed.
    tolerances
        By how much each criterion may get worse, by its name in `CRITERIA`; others are not looked at.
    against
        The baseline's name of a model that the candidate's run calls otherwise.
    sequential
        Look at no more frames of a condition than decide it (`sequential`). The candidate needs to have no more.

    Raises
    ------
    GateError
        If the two cannot be compared, or something failed or is undefined; the message says all that is wrong.
    """
    names = require_comparable(baseline, candidate.run, tolerances, against, sequential=sequential)
    refuse([*failed_test_problems(baseline, candidate), *cut_problems(candidate, sequential)])
    merged = {name: pair_records(baseline, candidate, old, name) for name, old in names.items()}
    refuse([fault for name, rows in merged.items() for fault in record_problems(rows, name, candidate, sequential)])
    covered = {name: covered_patches(rows, candidate.run) for name, rows in merged.items()}
    neutral = neutral_intensities(candidate.run)
    if sequential:
        conditions = [(name, rows) for name, both in covered.items() for _, rows in both.groupby(CONDITION)]
        interim_test = InterimTest(tolerances, neutral, len(tolerances) * len(conditions))
        frames = candidate.run.dataset.frames
        stopped = [decide_condition(interim_test, name, rows, frames) for name, rows in conditions]
        found = [decision for part, _ in stopped for decision in part]
        used = sum(patches for _, patches in stopped)
    else:
        pairs = {name: PairedRecords(rows, neutral) for name, rows in covered.items()}
        found = [one for name, pair in pairs.items() for one in decisions(pair, name, tolerances)]
        used = sum(map(len, covered.values()))
    refuse(_silence(found, names, tolerances))
    left = sorted(set(baseline.records["segmenter"]) - {REFERENCE, *names.values()})
    not_covered = [f"{name} (not run)" for name in left]
    for name, rows in merged.items():
        not_covered += [f"{name}-{title}" for title, sides in condition_sides(rows) if sides == {"left_only"}]
    not_covered += _undefined(found, covered, tolerances)
    patches = used, sum(map(len, covered.values()))
    tests = candidate.run.tests.ran, candidate.run.tests.grid
    commands = baseline.run.command, candidate.run.command
    return Gate(settle(found), not_covered, candidate.run.dataset.title, patches, tests, commands)


def _silence(found: Sequence[Decision], names: Iterable[str], tolerances: Iterable[str]) -> Iterator[str]:
    said = {(decision.criterion.name, decision.segmenter) for decision in found}
    for criterion, name in product(tolerances, names):
        if (criterion, name) not in said:
            yield f"nothing can be said of the {criterion} of {name} under the conditions that ran"


def _undefined(found: Sequence[Decision], covered: Mapping[str, pd.DataFrame], tolerances: Iterable[str]) -> list[str]:
    """The criteria of conditions that neither side has a figure of."""
    said = {decision.name for decision in found}
    criteria = [criterion for criterion in tolerances if CRITERIA.get(criterion).per_condition]
    there = [
        f"{criterion} {name}-{title}"
        for name, rows in covered.items()
        for title, _ in condition_sides(rows)
        for criterion in criteria
    ]
    return [f"{title} (undefined)" for title in there if title not in said]
