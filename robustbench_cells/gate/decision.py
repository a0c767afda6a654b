"""The decision on one criterion of one model under one condition, and the verdict on all of them.

Two questions are answered, and never mixed. *On frames like these, is it worse than the model in use?* A condition, or
an axis, is significantly worse if its difference is below the tolerance at 5 % for the whole grid (Holm 1979); it
*holds* if its 95 % interval lies entirely on the good side of the tolerance; else it is *inconclusive*: too few frames
to rule out a drop above the tolerance. It *improves* if its difference is significantly above 0, at 5 % for the whole
grid too. *Is the loss more than another seed of the recipe would give?* (`retraining`), where the spread between seeds
is known: what is significantly worse and within that spread is to *watch*, and what is inconclusive and within it
passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from robustbench_cells.gate.criteria import Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.demands import Demand
from robustbench_cells.gate.retraining import RetrainingTest
from robustbench_cells.gate.statistics import FALSE_ALARM, Estimate, holm
from robustbench_cells.results.intervals import LEVEL


class GateOutcome(StrEnum):
    """Outcome of a condition, an axis, or of the whole comparison, which is one of the first three."""

    NON_INFERIOR = "holds"
    REGRESSED = "regresses"
    INCONCLUSIVE = "inconclusive"
    WATCH = "watch"  # significantly worse than the model in use, and within what retraining does
    WITHIN = "within retraining"  # inconclusive by the frames, and within what retraining does
    NO_ALARM = "no alarm"  # a guard that did not hold and is not significantly worse
    AT_FLOOR = "at the floor"  # the model in use has nothing to lose there

    @property
    def passes(self) -> bool:
        """Whether it is no obstacle to a pass."""
        return self not in {GateOutcome.REGRESSED, GateOutcome.INCONCLUSIVE}


@dataclass(frozen=True)
class Decision:
    """The comparison of one criterion of one model under one condition.

    Attributes
    ----------
    criterion, segmenter
        Criterion, and name of the model in the candidate run.
    difference
        Values of both runs, and their paired difference with its error.
    tolerance
        Largest tolerated deterioration, in the criterion's unit.
    looks
        Number of interim looks that the design allows; the more, the stricter each of them.
    p_regresses
        Two-sided p-value of 'worse than the tolerance', adjusted for all looks and all decisions.
    verdict
        Outcome, assigned together with those of all other decisions.
    p_improves
        Two-sided p-value of 'better than the baseline', adjusted in the same way.
    copies
        Other conditions with the same patches, which are judged by this decision.
    is_guard
        Whether only what is significantly worse counts.
    by_retraining
        Whether a loss is compared with what another seed of the recipe gives, where that is known.
    at_floor
        Whether the model in use has nothing to lose there (see `floors`).
    retraining
        Comparison with what another seed of the recipe gives; None where that is not known or not asked.
    """

    criterion: Criterion
    segmenter: str
    difference: PairedDifference
    tolerance: float
    looks: int = 1
    p_regresses: float = 1.0
    verdict: GateOutcome = GateOutcome.INCONCLUSIVE
    p_improves: float = 1.0
    copies: Sequence[str] = ()
    is_guard: bool = False
    by_retraining: bool = False
    at_floor: bool = False
    retraining: RetrainingTest | None = None

    @property
    def name(self) -> str:
        """Criterion and test id, with the names of the conditions that have the same patches."""
        return f"{self.criterion.name} {self.segmenter}-{' = '.join([self.difference.condition, *self.copies])}"

    @property
    def improves(self) -> bool:
        """Whether the candidate is significantly better, at 5 % for the whole grid."""
        return self.p_improves <= FALSE_ALARM

    @property
    def relative(self) -> float:
        """Difference as a share of the baseline's value; NaN where that is 0."""
        baseline = self.difference.baseline
        return self.difference.estimate.value / baseline if baseline else float("nan")

    @property
    def gain(self) -> Estimate:
        """Difference with its sign chosen so that more is better."""
        estimate = self.difference.estimate
        return estimate if self.criterion.better == "more" else replace(estimate, value=-estimate.value)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference that is shown, simultaneous over all looks (see `PairedDifference.shown`)."""
        return (self.difference.shown or self.difference.estimate).interval(self._level)

    @property
    def blocks(self) -> int:
        """Number of blocks of frames that this interval is over."""
        return (self.difference.shown or self.difference.estimate).blocks

    @property
    def is_close(self) -> bool:
        """Whether the test decides, over blocks taken as independent, while the interval crosses the tolerance."""
        low, high = self.interval
        limit = -self.tolerance if self.criterion.better == "more" else self.tolerance
        decided = {GateOutcome.NON_INFERIOR, GateOutcome.REGRESSED, GateOutcome.WATCH}
        return self.verdict in decided and low <= limit <= high

    @property
    def p_alone(self) -> float:
        """Two-sided p-value of 'worse than the tolerance', adjusted for all looks.

        Twice the one-sided one: as strict as an interval that lies entirely below the tolerance.
        """
        return min(1.0, 2 * self.looks * self.gain.p_below(-self.tolerance))

    @property
    def p_better_alone(self) -> float:
        """Two-sided p-value of 'better than the baseline', adjusted for all looks; 1 where a caveat applies."""
        if self.difference.caveat:
            return 1.0
        return min(1.0, 2 * self.looks * replace(self.gain, value=-self.gain.value).p_below(0.0))

    @property
    def holds(self) -> bool:
        """Whether the interval lies entirely on the good side of the tolerance, and no caveat applies."""
        return self.lowest > -self.tolerance and not self.difference.caveat

    @property
    def lowest(self) -> float:
        """Lower limit of the 95 % interval by which it holds or not, with its sign chosen so that more is better."""
        return self.gain.interval(self._level)[0]

    @property
    def _level(self) -> float:
        return 1 - (1 - LEVEL) / self.looks


def make_decisions(
    pair: PairedRecords, segmenter: str, demands: Iterable[Demand], looks: int = 1
) -> Iterator[Decision]:
    """Compare a model by each criterion wherever the pair allows; verdicts are assigned later."""
    for demand in demands:
        for difference in demand.criterion.differences(pair):
            tolerance = demand.tolerance_for(difference.artefact) * difference.scale
            yield Decision(
                demand.criterion,
                segmenter,
                difference,
                tolerance,
                looks,
                is_guard=demand.is_guard,
                by_retraining=demand.by_retraining,
            )


def assign_verdicts(decisions: Sequence[Decision], *, by_file_alone: bool = False) -> list[Decision]:
    """Give each decision its verdict, corrected for their number: the more there are, the stricter each alarm.

    Guards are corrected among themselves, and what is at the floor counts for nothing.

    Parameters
    ----------
    decisions
        All decisions of a comparison.
    by_file_alone
        Whether a loss within what retraining does counts as if that were not known.
    """
    families = [
        [number for number, one in enumerate(decisions) if one.is_guard is is_guard and not one.at_floor]
        for is_guard in (False, True)
    ]
    decided = [replace(one, verdict=GateOutcome.AT_FLOOR) for one in decisions]
    for family in families:
        worse = holm([decisions[number].p_alone for number in family]).tolist()
        for number, p in zip(family, worse, strict=True):
            decided[number] = replace(decisions[number], p_regresses=p)
            decided[number] = replace(decided[number], verdict=_verdict(decided[number], by_file_alone))
    judged = [number for number, one in enumerate(decided) if not one.is_guard]
    better = holm([decided[number].p_better_alone for number in judged]).tolist()
    for number, p in zip(judged, better, strict=True):
        decided[number] = replace(decided[number], p_improves=p)
    return decided


def _verdict(decision: Decision, by_file_alone: bool) -> GateOutcome:
    within = decision.retraining is not None and decision.retraining.excuses and not by_file_alone
    if decision.p_regresses <= FALSE_ALARM:
        return GateOutcome.WATCH if within else GateOutcome.REGRESSED
    if decision.holds:
        return GateOutcome.NON_INFERIOR
    if decision.is_guard:
        return GateOutcome.NO_ALARM
    return GateOutcome.WITHIN if within else GateOutcome.INCONCLUSIVE


def by_criterion(decisions: Iterable[Decision]) -> dict[tuple[str, str], list[Decision]]:
    """Group decisions by the names of model and criterion, in their order."""
    groups: dict[tuple[str, str], list[Decision]] = {}
    for decision in decisions:
        groups.setdefault((decision.segmenter, decision.criterion.name), []).append(decision)
    return groups


def overall_verdict(decisions: Iterable[Decision]) -> GateOutcome:
    """Combine verdicts: regresses if any does, else inconclusive if any is, else holds."""
    verdicts = {decision.verdict for decision in decisions}
    return next(
        (bad for bad in (GateOutcome.REGRESSED, GateOutcome.INCONCLUSIVE) if bad in verdicts), GateOutcome.NON_INFERIOR
    )
