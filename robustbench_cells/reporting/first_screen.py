"""The first screen of the page: which model can be trusted, up to which intensity."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

from robustbench_cells.reporting.number_format import displays_equal, format_break_point, format_figure
from robustbench_cells.reporting.scorecard_rows import card_rows, comparability_warnings
from robustbench_cells.reporting.style import Style
from robustbench_cells.results.scorecard import BreakPoint, ScoreCard
from robustbench_cells.results.tables import Results

_TESTED = "(end of the tested range)"


def margin_warnings(results: Results) -> list[str]:
    """A warning if the border of each frame is excluded."""
    px = results.run.settings.margin
    return [f"Scored inside the field of interest: {px} px at the border are excluded."] if px else []


def summary_sentence(cards: Sequence[ScoreCard], *, has_combined: bool) -> str:
    """The first card in a few sentences; empty if it has nothing to say."""
    best = next(iter(cards), None)
    if best is None or best.mean is None:
        return ""
    if best.clean is None:
        return 'Break-points are relative to the clean score, which was not run; include it (-k "… or clean").'
    if isnan(best.mean.value) or not best.break_points:
        return ""
    limits = "; ".join(map(_limit, best.break_points))
    keeps = f"keeps 90 % of its clean Jaccard of {format_figure(best.clean)} within these limits: {limits}."
    if best.net_count_error:
        error = format_figure(best.net_count_error, percent=True, signed=True)
        keeps += f" On clean patches its net cell-count error is {error}."
    if has_combined:
        keeps += " Combined artefacts are harder than each alone: see below."
    if len(cards) == 1 or comparability_warnings(cards):
        return f"{best.segmenter} {keeps}"
    highest = f"the highest mean Jaccard over the grid, {format_figure(best.mean)}"
    ties = sum(card.mean is not None and displays_equal(best.mean, card.mean) for card in cards)
    if ties > 1:
        which = f"All {ties} models" if ties == len(cards) else f"Of {len(cards)} models, {ties}"
        return f"{which} tie for {highest}. One of them, {best.segmenter}, {keeps}"
    return f"Of {len(cards)} models, {best.segmenter} has {highest}. It {keeps}"


def _limit(point: BreakPoint) -> str:
    direction = "up to" if point.direction > 0 else "down to"
    if point.broken_at_neutral:
        return f"{point.artefact} at no intensity"
    if point.left_censored:
        return f"{point.artefact} not determined ({point.parameter} {point.neutral:g} was not run)"
    if point.undefined:
        return f"{point.artefact} undefined"
    if not point.reached:
        return f"{point.artefact} {direction} {point.parameter} {point.end:g} {point.unit} {_TESTED}"
    return f"{point.artefact} {direction} {point.parameter} {format_break_point(point)}"


def model_card(card: ScoreCard, results: Results, style: Style) -> dict[str, Any]:
    """A segmenter for the template: its bars, rows and style."""
    return {
        "name": card.segmenter,
        "colour": style.colour,
        "letter": style.letter,
        "clean": format_figure(card.clean),
        "spans": [_span(card, artefact, results) for artefact in results.single_artefacts],
        "rows": list(card_rows(card)),
    }


def _span(card: ScoreCard, artefact: str, results: Results) -> dict[str, Any]:
    """The trusted range of a segmenter on an artefact's axis: a bar in per cent of the axis, and a text."""
    points = [point for point in card.break_points if point.artefact == artefact]
    if all(name != artefact for name, _ in card.conditions):
        return {"width": None, "text": "not run"}
    if not points:
        return {"width": None, "text": "needs clean too" if card.clean is None else "needs two intensities"}
    if any(point.undefined for point in points):
        return {"width": None, "text": "undefined"}
    rows = results.summary[results.summary["artefact"] == artefact]
    neutral = results.run.artefacts[artefact].neutral
    first, last = min(neutral, *rows["intensity"]), max(neutral, *rows["intensity"])
    text = "; ".join(_range_text(point) for point in sorted(points, key=lambda one: one.direction))
    determined = [point for point in points if not point.left_censored]
    if not determined:
        return {"width": None, "text": text}
    ends = [x for point in determined for x in (point.nearest, point.intensity.value if point.reached else point.end)]
    return {
        "left": round(100 * (min(ends) - first) / (last - first), 1),
        "width": round(100 * (max(ends) - min(ends)) / (last - first), 1),
        "text": text,
    }


def _range_text(point: BreakPoint) -> str:
    direction = "up to" if point.direction > 0 else "down to"
    if point.broken_at_neutral:
        return f"below 90 % already at {point.neutral:g} {point.unit}"
    if point.left_censored:
        return f"limit {format_break_point(point)}"
    if not point.reached:
        return f"no failure {direction} {point.end:g} {point.unit} {_TESTED}"
    return f"{direction} {format_break_point(point)}"
