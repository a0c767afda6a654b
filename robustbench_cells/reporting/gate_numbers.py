"""The numbers of a gate's decisions under names, for programs: ``gate.json``, and the tables of a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from robustbench_cells.gate.decision import Decision


@dataclass(frozen=True)
class DecisionNumbers:
    """One decision; NaN where a number is not known.

    Attributes
    ----------
    model, condition, criterion
        What was compared; the condition is an artefact where the criterion is about the whole of it.
    guard
        Whether only what is significantly worse counts.
    baseline, candidate, difference
        Both values, and candidate less baseline.
    low, high
        95 % interval of the difference.
    relative
        Difference by the baseline's value.
    blocks
        Number of blocks of frames that the interval is over.
    tolerance
        Largest tolerated deterioration.
    outcome
        See `GateOutcome`.
    improves
        Whether it is significantly better.
    seeds
        Number of seeds that show what retraining does; 0 where that is not known.
    deviation
        Candidate less their mean.
    reach
        Largest deviation that retraining alone gives.
    beyond
        ``worse``, ``better`` or nothing: than what retraining gives.
    same_as
        Other conditions with the same patches, which this decision judges too.
    """

    model: str
    condition: str
    criterion: str
    guard: bool
    baseline: float
    candidate: float
    difference: float
    low: float
    high: float
    relative: float
    blocks: int
    tolerance: float
    outcome: str
    improves: bool
    seeds: int
    deviation: float
    reach: float
    beyond: str
    same_as: str

    @classmethod
    def of(cls, one: Decision) -> DecisionNumbers:
        """The numbers of a decision."""
        low, high = one.interval
        seeds = one.retraining
        return cls(
            model=one.segmenter,
            condition=one.difference.condition,
            criterion=one.criterion.name,
            guard=one.is_guard,
            baseline=one.difference.baseline,
            candidate=one.difference.candidate,
            difference=one.difference.estimate.value,
            low=low,
            high=high,
            relative=one.relative,
            blocks=one.blocks,
            tolerance=one.tolerance,
            outcome=str(one.verdict),
            improves=one.improves,
            seeds=seeds.seeds if seeds else 0,
            deviation=seeds.deviation.value if seeds else nan,
            reach=seeds.reach if seeds else nan,
            beyond="" if not seeds else "worse" if seeds.is_worse else "better" if seeds.is_better else "",
            same_as=", ".join(one.copies),
        )
