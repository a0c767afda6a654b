"""Decisions joined with whether a loss is more than another seed of the recipe would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from robustbench_cells.gate.decision import Decision
from robustbench_cells.gate.retraining import SHARES, RetrainingTest, adjust, compare_deviation, predict_seed
from robustbench_cells.gate.spread import Means, Spread


@dataclass(frozen=True, eq=False)
class Recipe:
    """What is known of the recipe in use.

    Attributes
    ----------
    spread
        Scores of its seeds.
    in_use
        Mean Jaccard of the model in use under each condition, on all frames.
    """

    spread: Spread
    in_use: Means

    def covers(self, decision: Decision) -> bool:
        """Whether the seeds ran under every condition of a decision."""
        wanted = {(decision.difference.artefact, level) for level in decision.difference.levels}
        return bool(wanted) and wanted <= self.spread.conditions

    def test(self, decision: Decision) -> RetrainingTest:
        """Compare a candidate with what another seed gives, not adjusted yet.

        Its value is that of the model in use on all frames, which the seeds have, and the paired difference from it.
        """
        difference = decision.difference
        levels = difference.levels
        prior = self.spread.of_axes if difference.intensity is None else self.spread.of_conditions
        estimate = difference.estimate
        value = self.spread.value(self.in_use, difference.artefact, levels) + estimate.value
        predicted = predict_seed(self.spread.values(difference.artefact, levels), prior)
        return compare_deviation(value, estimate.error, estimate.blocks - 1, predicted)


def join_retraining(decisions: Sequence[Decision], recipes: Mapping[str, Recipe]) -> list[Decision]:
    """Join the decisions that ask for it with what another seed gives, for the models whose recipe is known.

    Axes are tested together, and so are the conditions of a guard; see `retraining`.
    """
    joined = list(decisions)
    for is_guard in (False, True):
        asked = [
            number
            for number, one in enumerate(decisions)
            if one.by_retraining and one.is_guard is is_guard and not one.at_floor
            if one.segmenter in recipes and recipes[one.segmenter].covers(one)
        ]
        tests = adjust(
            [recipes[decisions[number].segmenter].test(decisions[number]) for number in asked], SHARES[is_guard]
        )
        for number, test in zip(asked, tests, strict=True):
            joined[number] = replace(joined[number], retraining=test)
    return joined
