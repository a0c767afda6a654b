"""The decision on one criterion of one model under one condition, and the verdict on all of them.

A condition *regresses* if its difference is significantly worse than the tolerance, at 5 % for the whole grid (Holm
1979); it *holds* if its 95 % interval lies entirely on the good side of the tolerance; else it is *inconclusive*: too
few frames to rule out a drop above the tolerance. It *improves* if its difference is significantly above 0, at 5 % for
the whole grid too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from robustbench_cells.gate.criteria import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import Estimate, holm
from robustbench_cells.results.intervals import LEVEL

FALSE_ALARM = 0.05  # family-wise error rate over the whole grid


class GateOutcome(StrEnum):
    """Outcome of a condition, or of the whole comparison."""

    NON_INFERIOR = "holds"
    REGRESSED = "regresses"
    INCONCLUSIVE = "inconclusive"


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

    @property
    def name(self) -> str:
        """Criterion and test id, with the names of the conditions that have the same patches."""
        return f"{self.criterion.name} {self.segmenter}-{' = '.join([self.difference.condition, *self.copies])}"

    @property
    def improves(self) -> bool:
        """Whether the candidate is significantly better, at 5 % for the whole grid."""
        return self.p_improves <= FALSE_ALARM

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
        return self.verdict is not GateOutcome.INCONCLUSIVE and low <= limit <= high

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
        return self.gain.interval(self._level)[0] > -self.tolerance and not self.difference.caveat

    @property
    def _level(self) -> float:
        return 1 - (1 - LEVEL) / self.looks


def make_decisions(
    pair: PairedRecords, segmenter: str, tolerances: Mapping[str, float], looks: int = 1
) -> Iterator[Decision]:
    """Compare a model by each criterion wherever the pair allows; verdicts are assigned later."""
    for name, tolerance in tolerances.items():
        criterion = CRITERIA.get(name)
        for difference in criterion.differences(pair):
            yield Decision(criterion, segmenter, difference, tolerance * difference.scale, looks)


def assign_verdicts(decisions: Sequence[Decision]) -> list[Decision]:
    """Give each decision its verdict, corrected for their number: the more there are, the stricter each alarm."""
    decided = []
    worse = holm([one.p_alone for one in decisions]).tolist()
    better = holm([one.p_better_alone for one in decisions]).tolist()
    for decision, p, p_improves in zip(decisions, worse, better, strict=True):
        verdict = GateOutcome.NON_INFERIOR if decision.holds else GateOutcome.INCONCLUSIVE
        if p <= FALSE_ALARM:
            verdict = GateOutcome.REGRESSED
        decided.append(replace(decision, p_regresses=p, verdict=verdict, p_improves=p_improves))
    return decided


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
