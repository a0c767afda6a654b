"""Conditions under which the model in use has nothing to lose: none can regress there, and 'holds' says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd

from robustbench_cells.gate.criteria import PairedRecords
from robustbench_cells.gate.decision import Decision
from robustbench_cells.results.intervals import FEW_BLOCKS, Floats
from robustbench_cells.types import REFERENCE

LEAST = 0.05  # a mean Jaccard score below is nothing to lose
_PATCH = ["artefact", "intensity", "frame", "patch"]

Condition = tuple[str, float]


def find_floors(pair: PairedRecords, baseline: pd.DataFrame) -> set[Condition]:
    """Conditions at the floor: a mean score under 0.05, or whose interval reaches the all-background baseline's.

    Parameters
    ----------
    pair
        Records of the model in use and of the candidate.
    baseline
        Records of the baseline run.
    """
    background = baseline[baseline["segmenter"] == REFERENCE][[*_PATCH, "jaccard"]]
    floors = set()
    for artefact, level, rows in pair.conditions():
        with_background = rows.merge(background.rename(columns={"jaccard": "background"}), on=_PATCH)
        if rows["jaccard_old"].mean() < LEAST or _reaches(pair, with_background):
            floors.add((artefact, level))
    return floors


def mark_floors(decisions: Iterable[Decision], floors: set[Condition]) -> Iterator[Decision]:
    """Mark the decisions on a Jaccard score all of whose conditions are at the floor."""
    for decision in decisions:
        difference = decision.difference
        covered = {(difference.artefact, level) for level in difference.levels}
        if covered and covered <= floors and set(decision.criterion.metrics) == {"jaccard"}:
            yield replace(decision, at_floor=True)
        else:
            yield decision


def _reaches(pair: PairedRecords, rows: pd.DataFrame) -> bool:
    """Whether the interval of the score above the background's reaches 0; over few blocks it would mean nothing."""
    if rows.empty:
        return False
    above = pair.estimate(rows, ("jaccard_old", "background"), _mean_difference)
    return above.blocks >= FEW_BLOCKS and above.interval()[0] <= 0


def _mean_difference(sums: Floats) -> Floats:
    return (sums[..., 0] - sums[..., 1]) / sums[..., 2]
