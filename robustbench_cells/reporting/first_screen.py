"""The first screen of the page: which model can be trusted, up to which intensity."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan
from typing import Any

from robustbench_cells.reporting.first_to_break import (
    STRETCH,
    first_to_break,
    is_below_on_clean,
    is_broken_by_stretch,
    is_physical,
)
from robustbench_cells.reporting.lost_cells import CellCard
from robustbench_cells.reporting.number_format import (
    displays_equal,
    few_blocks_mark,
    format_break_point,
    format_figure,
    format_limit,
)
from robustbench_cells.reporting.scorecard_rows import artefact_rows, comparability_warnings, key_figures
from robustbench_cells.reporting.style import Style
from robustbench_cells.results.break_points import BreakPoint
from robustbench_cells.results.scorecard import ScoreCard
from robustbench_cells.results.tables import Results

_TESTED = "(end of the tested range)"


def margin_warnings(results: Results) -> list[str]:
    """A warning if the border of each frame is excluded."""
    if not results.run.settings.margin:
        return []
    return [f"Scored inside the field of interest: {results.run.margin} at the border are excluded."]


def summary_sentence(cards: Sequence[ScoreCard], results: Results, *, has_combined: bool) -> str:
    """The first card in a few sentences; empty if it has nothing to say."""
    best = next(iter(cards), None)
    if best is None or best.mean is None:
        return ""
    if not best.limits and best.clean is None:
        return (
            "The limit of break-points is 90 % of the best clean score, which was not run; include it "
            '(-k "… or clean"), or give a score by --rb-floor.'
        )
    if isnan(best.mean.value) or not best.limits:
        return ""
    keeps = f"keeps a mean Jaccard of {format_limit(best.limits[0].limit)} {_within(best, results)}."
    if best.net_count_error:
        error = format_figure(best.net_count_error, percent=True, signed=True)
        keeps += f" On clean patches its net cell-count error is {error}."
    if has_combined:
        keeps += " What combined artefacts do is below."
    if len(cards) == 1 or comparability_warnings(cards):
        return f"{best.segmenter} {keeps}"
    highest = f"the highest mean Jaccard over the grid, {format_figure(best.mean)}"
    ties = sum(card.mean is not None and displays_equal(best.mean, card.mean) for card in cards)
    if ties > 1:
        which = f"All {ties} models" if ties == len(cards) else f"Of {len(cards)} models, {ties}"
        return f"{which} tie for {highest}. One of them, {best.segmenter}, {keeps}"
    return f"Of {len(cards)} models, {best.segmenter} has {highest}. It {keeps}"


def _within(card: ScoreCard, results: Results) -> str:
    """All limits; the three that come first where there are those of a microscope, which are many."""
    if not any(map(is_physical, card.limits)):
        return f"within these limits: {'; '.join(dict.fromkeys(map(_limit, card.limits)))}"
    if is_below_on_clean(card):
        return "at no intensity: on clean images its mean is below that already"
    if first := first_to_break(card, results):
        return f"until these break it, the first ones first: {'; '.join(map(_first, first))}"
    return "under each artefact in physical units, over the tested range"


def _first(point: BreakPoint) -> str:
    if not point.right_censored:
        return _limit(point)
    place = float(f"{point.interpolated if isfinite(point.interpolated) else point.nearest:.2g}")
    return f"{point.artefact} at about {point.parameter} {point.unit.amount(place)} (too few frames to be sure)"


def _limit(point: BreakPoint) -> str:
    name, up = f"{point.artefact} {'up' if point.direction > 0 else 'down'} to {point.parameter}", point.direction > 0
    if point.broken_at_neutral:
        return f"{point.artefact} at no intensity"
    if point.undefined or point.left_censored:
        return f"{point.artefact} {format_break_point(point)}"
    if point.right_censored:
        if point.near == point.neutral:
            return f"{point.artefact} {format_break_point(point)}"
        rest = _TESTED if point.near == point.end else "(beyond it not determined)"
        return f"{name} {point.unit.amount(point.near)} {rest}"
    if point.near == point.neutral:
        return f"{point.artefact} {'below' if up else 'above'} {point.parameter} {point.unit.amount(point.far)}"
    return f"{name} {point.unit.amount(point.near)} (fails by {point.unit.level(point.far)})"


def model_card(card: ScoreCard, results: Results, style: Style, cells: CellCard | None = None) -> dict[str, Any]:
    """A segmenter for the template: its bars, rows and style, and what it does to cells where they were scored."""
    return {
        "name": card.segmenter,
        "colour": style.colour,
        "letter": style.letter,
        "clean": format_figure(card.clean),
        "first": [
            {"artefact": point.artefact, "sure": not point.right_censored} for point in first_to_break(card, results)
        ],
        "no_first": "below the limit on clean images" if is_below_on_clean(card) else "none in the tested range",
        "spans": {artefact: {"link": "", **_span(card, artefact, results)} for artefact in results.single_artefacts},
        "cells": cells,
        "ap50": {
            artefact: _span(cells.by_ap50, artefact, results)["text"] for artefact in results.single_artefacts if cells
        },
        "rows": list(key_figures(card)),
        "by_artefact": list(artefact_rows(card)),
    }


def _span(card: ScoreCard, artefact: str, results: Results) -> dict[str, Any]:
    """The trusted range of a segmenter on an artefact's axis: bars in per cent of the axis, and a text."""
    points = [point for point in card.limits if point.artefact == artefact]
    if all(name != artefact for name, _ in card.conditions) or not points:
        lacks = "needs two intensities" if card.limits or card.clean else "needs clean too"
        return {"bars": None, "text": lacks if artefact in dict(card.conditions) else "not run"}
    if any(point.undefined for point in points):
        return {"bars": None, "text": "undefined"}
    if is_broken_by_stretch(points, card):
        link = STRETCH if STRETCH in results.single_artefacts else ""
        return {"bars": None, "text": "the contrast stretch alone breaks it", "link": link}
    in_order = sorted(points, key=lambda one: one.direction)
    text = "; ".join(dict.fromkeys(map(_range_text, in_order)))  # at the neutral intensity both are one
    if all(point.left_censored and point.right_censored for point in points):
        return {"bars": None, "text": text}
    rows = results.summary[results.summary["artefact"] == artefact]
    info = results.run.artefacts[artefact]
    places = info.axis.positions([x for x in (info.neutral, *rows["intensity"]) if info.axis.holds(x)])
    first, last = min(places), max(places)
    if first == last:  # one intensity, and a neutral one beyond the scale
        return {"bars": None, "text": text}

    def place(x: float) -> float:
        """On the scale; a neutral intensity beyond it is drawn at the end."""
        return info.axis.positions([x])[0] if info.axis.holds(x) else (last if x > 0 else first)

    def bar(one: float, other: float, *, sure: bool) -> dict[str, Any]:
        low, high = sorted(map(place, (one, other)))
        left, width = (round(100 * part / (last - first), 1) for part in (low - first, high - low))
        return {"left": left, "width": width, "sure": sure}

    bars = []
    for point in points:
        far = point.end if point.right_censored else point.far
        if not point.left_censored:
            bars.append(bar(point.nearest, point.near, sure=True))
        bars.append(bar(point.neutral if point.left_censored else point.near, far, sure=False))
    return {"bars": [one for one in bars if one["width"]], "text": text}


def _range_text(point: BreakPoint) -> str:
    """Where a score falls below its limit, without the unit, which the row names."""
    if point.left_censored:
        text = format_break_point(point)
        return text if point.right_censored else f"fails {text}"
    return f"{_reach(point)}{few_blocks_mark(point.blocks)}"


def _reach(point: BreakPoint) -> str:
    is_up, unit = point.direction > 0, point.unit
    if point.right_censored:
        if point.near == point.neutral:
            side = f" {'above' if is_up else 'below'} {unit.level(point.near)}" if isfinite(point.near) else ""
            return f"not determined{side}"
        kept = f"no failure {'up' if is_up else 'down'} to {unit.level(point.near)}"
        return kept if point.near == point.end else f"{kept}, not determined beyond"
    if point.broken_at_neutral:
        return (
            "fails on clean images"
            if point.axis.is_clean_at_neutral
            else f"fails already at {unit.level(point.neutral)}"
        )
    if not isfinite(point.near):
        return f"fails {'below' if is_up else 'above'} {unit.level(point.far)}"
    low, high = sorted((point.near, point.far))
    return f"fails between {unit.levels(low, high, 'and')}"
