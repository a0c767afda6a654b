"""Break-points as a table for programs."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

import pandas as pd

from robustbench_cells.results.break_points import BreakPoint
from robustbench_cells.results.scorecard import ScoreCard

_DIRECTIONS = {1: "up", -1: "down"}
_COLUMNS = ["model", "artefact", "direction", "limit", "score", "low", "high", "intensity", "censored"]


def break_point_table(cards: Iterable[ScoreCard]) -> pd.DataFrame:
    """One row per model, artefact, direction and limit, those of the absolute limit first.

    Returns
    -------
    pandas.DataFrame
        model, artefact, direction (``up`` or ``down`` from the neutral intensity), limit (``absolute``, the same for
        all models, or ``relative``, 90 % of the model's own clean score), score (the limit as a mean Jaccard), low,
        high (the bracket: the last intensity that ran where the score is surely above the limit, and the first where it
        is surely below; infinite where there is none), intensity (within the bracket, interpolated linearly; the end of
        the tested range where no mean reaches the limit), censored: empty, or ``right`` where the score is surely below
        nowhere, ``left`` where it is surely above nowhere and the neutral intensity did not run, ``both``, or
        ``undefined``.
    """
    rows = []
    for card in cards:
        for point in (*card.limits, *card.own_limits):
            low, high = sorted((point.near, point.far))
            limit = "absolute" if point.limit.is_absolute else "relative"
            place = (card.segmenter, point.artefact, _DIRECTIONS[point.direction], limit, point.limit.score)
            rows.append((*place, low, high, _intensity(point), _censoring(point)))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _intensity(point: BreakPoint) -> float:
    if point.undefined or isfinite(point.interpolated):
        return point.interpolated
    return point.end if point.direction * point.interpolated > 0 else point.nearest


def _censoring(point: BreakPoint) -> str:
    if point.undefined:
        return "undefined"
    if point.left_censored:
        return "both" if point.right_censored else "left"
    return "right" if point.right_censored else ""
