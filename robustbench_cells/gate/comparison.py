"""Did the retrained model get worse? A candidate run compared with the model in use and other seeds of its recipe.

All ran on the same patches under the same artefacts, so the gate estimates the paired difference on each patch, over
blocks of frames (`statistics`), joins it with what retraining alone does (`seeds`), and decides each axis and condition
(`decision`). The whole passes only if none is an obstacle.

Whatever would invalidate the verdict raises instead (`comparability`, `baselines`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import pandas as pd

from robustbench_cells.gate.baselines import Baselines, KnownRecipes, require_other_networks
from robustbench_cells.gate.comparability import (
    candidate_problems,
    early_stopping_problems,
    record_problems,
    refuse,
    require_comparable,
    score_problems,
)
from robustbench_cells.gate.copies import find_copies, judge_once
from robustbench_cells.gate.decision import (
    Decision,
    GateOutcome,
    assign_verdicts,
    by_criterion,
    make_decisions,
    overall_verdict,
)
from robustbench_cells.gate.demands import Demand
from robustbench_cells.gate.floors import find_floors, mark_floors
from robustbench_cells.gate.losses import AxisLoss, find_losses
from robustbench_cells.gate.pairing import (
    CONDITION,
    condition_sides,
    covered_patches,
    pair_records,
    paired_records,
)
from robustbench_cells.gate.seeds import join_retraining
from robustbench_cells.gate.sequential import LOOKS, InterimTest, frames_used
from robustbench_cells.results.tables import Results
from robustbench_cells.results.units import Unit
from robustbench_cells.types import REFERENCE


@dataclass(frozen=True)
class Gate:
    """The outcome of a comparison.

    Attributes
    ----------
    decisions
        One decision per criterion, model and condition or axis, in the order of the grid; conditions with the same
        patches share one.
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
    known
        What the baselines tell of what retraining alone does.
    losses
        Curves of each model over each axis, and the frames on which it lost.
    units
        Unit of each artefact's intensities.
    not_in_baseline
        Artefacts of the candidate run that the baseline does not have: no verdict is about them.
    """

    decisions: Sequence[Decision]
    not_covered: Sequence[str]
    title: str
    patches: tuple[int, int] = (1, 1)
    tests: tuple[int, int] = (1, 1)
    commands: tuple[str, str] = ("", "")
    known: KnownRecipes = field(default_factory=KnownRecipes)
    losses: Sequence[AxisLoss] = ()
    units: Mapping[str, Unit] = field(default_factory=dict)
    not_in_baseline: Sequence[str] = ()

    @property
    def verdict(self) -> GateOutcome:
        """Verdict on all decisions together."""
        return overall_verdict(self.decisions)

    @property
    def is_complete(self) -> bool:
        """Whether the candidate run covers the whole grid and everything that the baseline has."""
        return not self.not_covered and self.tests[0] == self.tests[1]


def compare(
    baselines: Baselines,
    candidate: Results,
    demands: Sequence[Demand],
    against: Mapping[str, str] | None = None,
    *,
    sequential: bool = False,
    by_file_alone: bool = False,
) -> Gate:
    """Compare a candidate run with a baseline run.

    Parameters
    ----------
    baselines
        Results of the model in use, and of other seeds of its recipe.
    candidate
        Results on the same frames, with the same artefacts, metrics and seed.
    demands
        What must not get worse, and by how much it may; other criteria are ignored.
    against
        Name in the baseline of each model that was renamed.
    sequential
        Whether each condition uses only the frames that it takes to decide it (see `sequential`). The candidate run
        needs no others.
    by_file_alone
        Whether a loss within what retraining does counts as if that were not known.

    Raises
    ------
    GateError
        If the runs are not comparable, a test failed, or a score is undefined or none that its metric can have; the
        message lists every problem.
    """
    comparable = require_comparable(baselines, candidate.run, demands, against, sequential=sequential)
    baseline, names = baselines.in_use, comparable.names
    refuse(
        [
            *candidate_problems(candidate),
            *early_stopping_problems(candidate, sequential),
            *score_problems(baselines, candidate, demands),
        ]
    )
    merged = {name: pair_records(baseline, candidate, old, name) for name, old in names.items()}
    refuse([problem for name, rows in merged.items() for problem in record_problems(rows, name, candidate, sequential)])
    require_other_networks(comparable.known.recipes, candidate)
    covered = {name: covered_patches(rows, candidate.run) for name, rows in merged.items()}
    used = covered
    if sequential:
        conditions = sum(rows.groupby(CONDITION).ngroups for rows in covered.values())
        interim_test = InterimTest(demands, len(demands) * conditions)
        used = {name: frames_used(interim_test, name, rows, candidate.run) for name, rows in covered.items()}
    decisions: list[Decision] = []
    losses: list[AxisLoss] = []
    for name, rows in used.items():
        pair = paired_records(rows, candidate.run)
        part = make_decisions(pair, name, demands, LOOKS if sequential else 1)
        judged_once = judge_once(list(part), find_copies(covered[name], candidate.run))
        losses += find_losses(pair, name)
        decisions += mark_floors(judged_once, find_floors(pair, baseline.records))
    decisions = join_retraining(decisions, comparable.known.recipes)
    judged = by_criterion(decisions)
    refuse([*_empty_criteria(judged, names, demands), *_idle_criteria(judged, by_file_alone)])
    not_run = sorted(set(baseline.records["segmenter"]) - {REFERENCE, *names.values()})
    not_covered = [f"{name} (not run)" for name in not_run]
    for name, rows in merged.items():
        not_covered += [f"{name}-{condition}" for condition, sides in condition_sides(rows) if sides == {"left_only"}]
    not_covered += _undefined_figures(decisions, covered, demands)
    return Gate(
        assign_verdicts(decisions, by_file_alone=by_file_alone),
        not_covered,
        candidate.run.dataset.title,
        patches=(sum(map(len, used.values())), sum(map(len, covered.values()))),
        tests=(candidate.run.tests.ran, candidate.run.tests.grid),
        commands=(baseline.run.command, candidate.run.command),
        known=comparable.known,
        losses=losses,
        units={name: candidate.run.unit(name) for name in candidate.run.artefacts},
        not_in_baseline=sorted(set(candidate.run.artefacts) - set(baseline.run.artefacts)),
    )


def _empty_criteria(
    judged: Collection[tuple[str, str]], names: Iterable[str], demands: Iterable[Demand]
) -> Iterator[str]:
    """Report each criterion of a model without a single decision."""
    for demand, name in product(demands, names):
        if (name, demand.criterion.name) not in judged:
            yield f"the conditions that ran give no {demand.criterion.name} of {name}"


def _idle_criteria(judged: Mapping[tuple[str, str], Sequence[Decision]], by_file_alone: bool) -> Iterator[str]:
    """Report each criterion of a model that no candidate could fail: nothing is left to lose, or chance may take it."""
    for (name, criterion), group in judged.items():
        tests = [one.retraining for one in group if one.retraining and not one.at_floor]
        if tests and not by_file_alone and all(one.reach >= one.mean for one in tests):
            yield (
                f"no candidate could fail {criterion} of {name}: its {tests[0].seeds} seeds differ so much that one "
                "more may score 0; give more seeds, or --rb-within-spread=fail"
            )
        elif all(one.at_floor for one in group):
            best = max(one.difference.baseline for one in group)
            yield (
                f"no candidate could fail {criterion} of {name}: the baseline is at the floor, with {best:.3g} at "
                "most, so there is nothing to lose; run conditions that the model withstands"
            )
        elif all(one.at_floor or one.tolerance >= one.difference.room for one in group):
            best = max(one.difference.baseline for one in group)
            yield (
                f"no candidate could fail {criterion} of {name}: the baseline has {best:.3g} at most, and the "
                f"tolerance is {group[0].tolerance:g}; give a smaller one, or run conditions that the model withstands"
            )


def _undefined_figures(
    decisions: Sequence[Decision], covered: Mapping[str, pd.DataFrame], demands: Iterable[Demand]
) -> list[str]:
    """Criteria and conditions for which neither run has a defined value."""
    decided = {
        f"{decision.criterion.name} {decision.segmenter}-{condition}"
        for decision in decisions
        for condition in (decision.difference.condition, *decision.copies)
    }
    criteria = [demand.criterion.name for demand in demands if demand.criterion.per_condition]
    expected = [
        f"{criterion} {name}-{condition}"
        for name, rows in covered.items()
        for condition, _ in condition_sides(rows)
        for criterion in criteria
    ]
    return [f"{name} (undefined)" for name in expected if name not in decided]
