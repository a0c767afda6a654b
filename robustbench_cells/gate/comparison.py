"""Did the retrained model get worse? A candidate run compared with a baseline run, condition by condition.

Both ran on the same patches under the same artefacts, so the gate estimates the paired difference on each patch, over
blocks of frames (`statistics`), and decides each condition (`decision`). The whole passes only if every condition
holds, so a true drop goes undetected at most one time in forty, however many conditions there are.

Whatever would invalidate the verdict raises instead (`comparability`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from robustbench_cells.gate.comparability import (
    candidate_problems,
    early_stopping_problems,
    record_problems,
    refuse,
    require_comparable,
    score_problems,
)
from robustbench_cells.gate.copies import find_copies, judge_once
from robustbench_cells.gate.criteria import CRITERIA, PairedRecords
from robustbench_cells.gate.decision import (
    Decision,
    GateOutcome,
    assign_verdicts,
    by_criterion,
    make_decisions,
    overall_verdict,
)
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
    """The outcome of a comparison.

    Attributes
    ----------
    decisions
        One decision per criterion, model and condition, in the order of the grid; conditions with the same patches
        share one.
    not_covered
        Conditions and models of the baseline that the candidate run does not have.
    title
        Title of the data set.
    patches
        Number of patches used, and number of patches available under the compared conditions.
    tests
        Number of tests of the grid that the candidate run had, and number of all of them.
    commands
        Command lines of the baseline run and of the candidate run.
    """

    decisions: Sequence[Decision]
    not_covered: Sequence[str]
    title: str
    patches: tuple[int, int] = (1, 1)
    tests: tuple[int, int] = (1, 1)
    commands: tuple[str, str] = ("", "")

    @property
    def verdict(self) -> GateOutcome:
        """Verdict on all decisions together."""
        return overall_verdict(self.decisions)

    @property
    def is_complete(self) -> bool:
        """Whether the candidate run covers the whole grid and everything that the baseline has."""
        return not self.not_covered and self.tests[0] == self.tests[1]


def compare(
    baseline: Results,
    candidate: Results,
    tolerances: Mapping[str, float],
    against: Mapping[str, str] | None = None,
    *,
    sequential: bool = False,
) -> Gate:
    """Compare a candidate run with a baseline run.

    Parameters
    ----------
    baseline, candidate
        Results on the same frames, with the same artefacts, metrics and seed.
    tolerances
        Largest tolerated deterioration for each criterion, by its name in `CRITERIA`; other criteria are ignored.
    against
        Name in the baseline of each model that was renamed.
    sequential
        Whether each condition uses only the frames that it takes to decide it (see `sequential`). The candidate run
        needs no others.

    Raises
    ------
    GateError
        If the runs are not comparable, a test failed, or a score is undefined or none that its metric can have; the
        message lists every problem.
    """
    names = require_comparable(baseline, candidate.run, tolerances, against, sequential=sequential)
    refuse(
        [
            *candidate_problems(candidate),
            *early_stopping_problems(candidate, sequential),
            *score_problems(baseline, candidate, tolerances),
        ]
    )
    merged = {name: pair_records(baseline, candidate, old, name) for name, old in names.items()}
    refuse([problem for name, rows in merged.items() for problem in record_problems(rows, name, candidate, sequential)])
    covered = {name: covered_patches(rows, candidate.run) for name, rows in merged.items()}
    neutral = neutral_intensities(candidate.run)
    available = used = sum(map(len, covered.values()))
    if sequential:
        conditions = [(name, rows) for name, both in covered.items() for _, rows in both.groupby(CONDITION)]
        interim_test = InterimTest(tolerances, neutral, len(tolerances) * len(conditions), candidate.run.settings.block)
        frames = candidate.run.dataset.frames
        decided = [decide_condition(interim_test, name, rows, frames) for name, rows in conditions]
        made = [(name, part) for (name, _), (part, _) in zip(conditions, decided, strict=True)]
        used = sum(patches for _, patches in decided)
    else:
        pairs = {name: PairedRecords(rows, neutral, candidate.run.settings.block) for name, rows in covered.items()}
        made = [(name, list(make_decisions(pair, name, tolerances))) for name, pair in pairs.items()]
    copies = {name: find_copies(rows, candidate.run) for name, rows in covered.items()}
    decisions = [decision for name, part in made for decision in judge_once(part, copies[name])]
    judged = by_criterion(decisions)
    refuse([*_empty_criteria(judged, names, tolerances), *_idle_criteria(judged)])
    not_run = sorted(set(baseline.records["segmenter"]) - {REFERENCE, *names.values()})
    not_covered = [f"{name} (not run)" for name in not_run]
    for name, rows in merged.items():
        not_covered += [f"{name}-{condition}" for condition, sides in condition_sides(rows) if sides == {"left_only"}]
    not_covered += _undefined_figures(decisions, covered, tolerances)
    return Gate(
        assign_verdicts(decisions),
        not_covered,
        candidate.run.dataset.title,
        patches=(used, available),
        tests=(candidate.run.tests.ran, candidate.run.tests.grid),
        commands=(baseline.run.command, candidate.run.command),
    )


def _empty_criteria(
    judged: Collection[tuple[str, str]], names: Iterable[str], tolerances: Iterable[str]
) -> Iterator[str]:
    """Report each criterion of a model without a single decision."""
    for criterion, name in product(tolerances, names):
        if (name, criterion) not in judged:
            yield f"the conditions that ran give no {criterion} of {name}"


def _idle_criteria(judged: Mapping[tuple[str, str], Sequence[Decision]]) -> Iterator[str]:
    """Report each criterion of a model that no candidate could fail, since the baseline has no more to lose."""
    for (name, criterion), group in judged.items():
        if all(one.tolerance >= one.difference.room for one in group):
            best = max(one.difference.baseline for one in group)
            yield (
                f"no candidate could fail {criterion} of {name}: the baseline has {best:.3g} at most, and the "
                f"tolerance is {group[0].tolerance:g}; give a smaller one, or run conditions that the model withstands"
            )


def _undefined_figures(
    decisions: Sequence[Decision], covered: Mapping[str, pd.DataFrame], tolerances: Iterable[str]
) -> list[str]:
    """Criteria and conditions for which neither run has a defined value."""
    decided = {
        f"{decision.criterion.name} {decision.segmenter}-{condition}"
        for decision in decisions
        for condition in (decision.difference.condition, *decision.copies)
    }
    criteria = [criterion for criterion in tolerances if CRITERIA.get(criterion).per_condition]
    expected = [
        f"{criterion} {name}-{condition}"
        for name, rows in covered.items()
        for condition, _ in condition_sides(rows)
        for criterion in criteria
    ]
    return [f"{name} (undefined)" for name in expected if name not in decided]
