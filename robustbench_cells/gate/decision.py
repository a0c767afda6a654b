"""What is made of one model under one condition, and of all of them together.

A condition *regresses* if the difference is surely worse than the tolerance, at 5 % for the whole grid (Holm 1979);
it *holds* if its 95 % interval lies wholly on the good side of the tolerance; else it is *inconclusive*: these frames
cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from robustbench_cells.gate.criteria import CRITERIA, Criterion, PairedDifference, PairedRecords
from robustbench_cells.gate.statistics import Estimate, holm
from robustbench_cells.results.intervals import LEVEL

FALSE_ALARM = 0.05  # of the whole grid


class GateOutcome(StrEnum):
    """Of a condition, or of the whole."""

    NON_INFERIOR = "holds"
    REGRESSED = "regresses"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Decision:
    """What became of one criterion of one model under one condition.

    Attributes
    ----------
    criterion, segmenter
        What was compared, and whose.
    difference
        The two figures, and how sure their difference is.
    tolerance
        By how much it may be worse, in the figure's unit.
    looks
        How often it may be looked at before there are no more frames: the more, the surer each look must be.
    p_regresses
        That of 'it is worse than the tolerance', two-sided and adjusted for all looks and all judgements.
    verdict
        Settled together with all others.
    """

    criterion: Criterion
    segmenter: str
    difference: PairedDifference
    tolerance: float
    looks: int = 1
    p_regresses: float = 1.0
    verdict: GateOutcome = GateOutcome.INCONCLUSIVE

    @property
    def name(self) -> str:
        """As a test id, with the criterion before it."""
        return f"{self.criterion.name} {self.segmenter}-{self.difference.condition}"

    @property
    def gain(self) -> Estimate:
        """The difference, turned so that more is better."""
        estimate = self.difference.estimate
        return estimate if self.criterion.better == "more" else replace(estimate, value=-estimate.value)

    @property
    def interval(self) -> tuple[float, float]:
        """Of the difference: all that are looked at hold the truth together in 95 of 100 cases."""
        return self.difference.estimate.interval(self._level)

    @property
    def p_alone(self) -> float:
        """That of 'it is worse than the tolerance', two-sided and adjusted for all looks.

        Twice the one-sided one: an alarm is as sure as an interval that lies wholly below.
        """
        return min(1.0, 2 * self.looks * self.gain.p_below(-self.tolerance))

    @property
    def holds(self) -> bool:
        """Whether its interval lies wholly on the good side of the tolerance, and nothing else speaks against it."""
        return self.gain.interval(self._level)[0] > -self.tolerance and not self.difference.remark

    @property
    def _level(self) -> float:
        return 1 - (1 - LEVEL) / self.looks


def decisions(
    pair: PairedRecords, segmenter: str, tolerances: Mapping[str, float], looks: int = 1
) -> Iterator[Decision]:
    """Each criterion of a model wherever the pair allows, not yet settled."""
    for name, tolerance in tolerances.items():
        criterion = CRITERIA.get(name)
        for difference in criterion.differences(pair):
            yield Decision(criterion, segmenter, difference, tolerance * difference.scale, looks)


def settle(decisions: Sequence[Decision]) -> list[Decision]:
    """Give each its verdict, all of them together: the more there are, the surer each alarm must be."""
    resolve_layout = []
    for decision, p in zip(decisions, holm([one.p_alone for one in decisions]).tolist(), strict=True):
        verdict = GateOutcome.NON_INFERIOR if decision.holds else GateOutcome.INCONCLUSIVE
        if p <= FALSE_ALARM:
            verdict = GateOutcome.REGRESSED
        resolve_layout.append(replace(decision, p_regresses=p, verdict=verdict))
    return resolve_layout


def overall(decisions: Iterable[Decision]) -> GateOutcome:
    """Regresses if any does, else inconclusive if any is, else holds."""
    found = {decision.verdict for decision in decisions}
    return next(
        (bad for bad in (GateOutcome.REGRESSED, GateOutcome.INCONCLUSIVE) if bad in found), GateOutcome.NON_INFERIOR
    )
