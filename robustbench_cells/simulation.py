"""How often the gate is right: thousands of retrainings, made up from what real ones do to each frame.

Two networks of one recipe differ on each frame, together over conditions and from one frame to the next. That is taken
from two stored runs: their paired differences, centred, are resampled in blocks of consecutive frames (a circular block
bootstrap, Politis and Romano 1992) of twice the gate's length. Onto such a difference a true drop is laid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from robustbench_cells.aspects import ASPECTS, Difference
from robustbench_cells.gate import Gate, Judgement, Verdict, settle
from robustbench_cells.statistics import BLOCK, Floats, block_sums, blocks, jackknife


@dataclass(frozen=True, eq=False)
class Retrainings:
    """What retraining does to each frame.

    Attributes
    ----------
    conditions
        Names, as in test ids.
    baseline
        Mean Jaccard of the first network under each condition.
    differences
        (frames, conditions): the second's mean Jaccard on a frame less the first's, centred.
    """

    conditions: Sequence[str]
    baseline: Floats
    differences: Floats

    def draw(self, frames: int, rng: np.random.Generator, length: int = 2 * BLOCK) -> Floats:
        """Differences of one more retraining, (frames, conditions)."""
        count = len(self.differences)
        starts = rng.integers(count, size=-(-frames // length))
        places = (starts[:, None] + np.arange(length)).ravel()[:frames] % count
        return float(rng.choice([-1, 1])) * self.differences[places]


def judge(retrainings: Retrainings, differences: Floats, tolerance: float) -> Gate:
    """What the gate says of such differences; the patches of a frame are in its mean already."""
    block = blocks(range(len(differences)), BLOCK)
    judgements = []
    for column, name in enumerate(retrainings.conditions):
        sums = block_sums(np.column_stack([differences[:, column], np.ones(len(differences))]), block)
        estimate = jackknife(sums, lambda sums: sums[..., 0] / sums[..., 1])
        base = float(retrainings.baseline[column])
        found = Difference(name, None, base, base + estimate.value, estimate)
        judgements.append(Judgement(ASPECTS.get("jaccard"), "candidate", found, tolerance))
    return Gate(settle(judgements), (), "simulated")


@dataclass(frozen=True)
class Tally:
    """Of so many retrainings, the share that the gate passed, stopped as surely worse, and could not tell."""

    passed: float
    stopped: float
    inconclusive: float

    @property
    def caught(self) -> float:
        """The share that did not pass."""
        return 1 - self.passed


def simulate(
    retrainings: Retrainings,
    drops: Callable[[np.random.Generator], Floats],
    *,
    frames: int,
    tolerance: float,
    runs: int,
    rng: np.random.Generator,
) -> Tally:
    """Judge ``runs`` retrainings.

    Parameters
    ----------
    drops
        The true drop of each condition, (conditions,), of one retraining.
    frames, tolerance
        Of the gate.
    """
    counts = dict.fromkeys(Verdict, 0)
    for _ in range(runs):
        differences = retrainings.draw(frames, rng) - drops(rng)
        counts[judge(retrainings, differences, tolerance).verdict] += 1
    shares = {verdict: count / runs for verdict, count in counts.items()}
    return Tally(shares[Verdict.HOLDS], shares[Verdict.REGRESSES], shares[Verdict.INCONCLUSIVE])
