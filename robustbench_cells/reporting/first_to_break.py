"""What breaks a model first, and whether a contrast stretch alone does."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan

from robustbench_cells.results.break_points import BreakPoint
from robustbench_cells.results.scorecard import ScoreCard
from robustbench_cells.results.tables import Results

PAPER = "paper"
STRETCH = "stretch"  # a contrast stretch alone
_STRETCHED = {"noise", "illumination"}  # the paper's artefacts that end in one, also at their neutral intensity
MOST_NAMED = 3


def families(results: Results) -> dict[str, list[str]]:
    """The artefacts of a run by family; those of the paper last."""
    found: dict[str, list[str]] = {}
    for name in results.single_artefacts:
        found.setdefault(results.run.artefacts[name].family, []).append(name)
    return {family: found[family] for family in sorted(found, key=lambda one: (one == PAPER, one))}


def first_to_break(card: ScoreCard, results: Results) -> list[BreakPoint]:
    """The three artefacts in physical units whose mean score falls below the limit first; empty where none does.

    Intensities of different artefacts have no common unit, so they are compared as shares of the tested range, from the
    neutral intensity on, along the artefact's own scale. A model that is below the limit on clean images has none.
    Where frames are few, a break-point is not sure (right-censored) though the mean is below.
    """
    if is_below_on_clean(card):
        return []
    shares: dict[str, tuple[float, BreakPoint]] = {}
    for point in card.limits:
        share = kept_share(point, results)
        if is_physical(point) and share < inf and not point.broken_at_neutral:
            before = shares.get(point.artefact, (inf, point))
            shares[point.artefact] = min(before, (share, point), key=lambda one: one[0])
    return [point for _, point in sorted(shares.values(), key=lambda one: (one[0], one[1].artefact))[:MOST_NAMED]]


def is_below_on_clean(card: ScoreCard) -> bool:
    """Whether the mean score on clean images is below the limit."""
    return card.clean is not None and any(card.clean.value < point.limit.score for point in card.limits)


def is_physical(point: BreakPoint) -> bool:
    """Whether it is of an artefact in physical units, which is clean at its neutral intensity."""
    return point.axis.is_clean_at_neutral


def kept_share(point: BreakPoint, results: Results) -> float:
    """Share of the tested range over which the mean score keeps the limit; infinite where it does all over it."""
    place, axis = point.interpolated, point.axis
    if isnan(place) or place == point.direction * inf:
        return inf
    ran = results.summary.loc[results.summary["artefact"] == point.artefact, "intensity"]
    start = point.neutral if axis.holds(point.neutral) else min(ran, key=lambda x: point.direction * x)
    if not axis.holds(place) or start == point.end:
        return 0.0
    first, here, last = axis.positions([start, place, point.end])
    return (here - first) / (last - first)


def is_broken_by_stretch(points: Sequence[BreakPoint], card: ScoreCard) -> bool:
    """Whether an artefact that is a contrast stretch at its neutral intensity breaks there what clean does not."""
    return any(
        point.artefact in _STRETCHED
        and point.broken_at_neutral
        and card.clean is not None
        and card.clean.value >= point.limit.score
        for point in points
    )
