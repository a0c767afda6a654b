"""Frames are looked at a quarter first, then a half, then all, and no further once a condition is decided.

Each look at each condition must be as sure as if all looks at all conditions were taken (Bonferroni): whenever it
stops, the chance of a false alarm anywhere is held, and so is that of a true drop that slips through at one condition.
The frames of a look are spread over the whole sequence, so nearly every block has some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from robustbench_cells.gate.criteria import Pair
from robustbench_cells.gate.decision import FALSE_ALARM, Judgement, judgements

_STRIDES = (4, 2, 1)  # every so many frames
LOOKS = len(_STRIDES)
_FEWEST = 6  # blocks that may decide before the last look: that a few are all alike is no news


def looks(frames: Sequence[str]) -> list[list[str]]:
    """The frames of each look; each has all those of the one before."""
    return [list(frames[::stride]) for stride in _STRIDES]


@dataclass(frozen=True, eq=False)
class Stopping:
    """When a condition of a model needs no more frames.

    Attributes
    ----------
    tolerances
        Of each aspect that is looked at, by its name.
    neutral
        The intensity of each artefact that does nothing.
    count
        How many judgements there are to be, at most.
    """

    tolerances: Mapping[str, float]
    neutral: Mapping[str, float]
    count: int

    def judge(self, segmenter: str, rows: pd.DataFrame) -> list[Judgement]:
        """What one look at one condition gives; for the rows see `Pair`."""
        numbered = rows.assign(block=pd.factorize(rows["block"])[0])  # a look may have no frame of some block
        return list(judgements(Pair(numbered, self.neutral), segmenter, self.tolerances, LOOKS))

    def decided(self, found: Sequence[Judgement]) -> bool:
        """Whether every aspect is, so that more frames are not needed."""
        there = {judgement.aspect.name for judgement in found}
        return there == set(self.tolerances) and all(map(self._is_decided, found))

    def _is_decided(self, judgement: Judgement) -> bool:
        enough = judgement.difference.estimate.blocks >= _FEWEST
        return enough and (judgement.holds or judgement.p_alone * self.count <= FALSE_ALARM)
