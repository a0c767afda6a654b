"""The first screen of the page: which model can be trusted, up to which intensity."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

from robustbench_cells.reporting.number_format import format_break_point, format_figure, reads_alike
from robustbench_cells.reporting.scorecard_rows import card_rows, uneven
from robustbench_cells.reporting.style import Style
from robustbench_cells.results.scorecard import BreakPoint, ScoreCard
from robustbench_cells.results.tables import Results


def margin_note(results: Results) -> list[str]:
    """A warning where the border of each frame is left out."""
    px = results.run.settings.margin
    return [f"Scored inside the field of interest: {px} px at the border are left out."] if px else []


def answer(cards: Sequence[ScoreCard], maps: bool) -> str:
    """The first card in a few sentences."""
    best = next(iter(cards), None)
    if best is None or best.mean is None:
        return ""
    if best.clean is None:
        return 'Break-points are measured from the clean score, which is not there: run it too (-k "… or clean").'
    if isnan(best.mean.value) or not best.breaks:
        return ""
    keeps = (
        f"keeps 90 % of its clean Jaccard of {format_figure(best.clean)} under {'; '.join(map(_kept, best.breaks))}."
    )
    if best.cells_signed:
        off_by = format_figure(best.cells_signed, percent=True, signed=True)
        keeps += f" Where nothing is distorted its count of cells is off by {off_by}."
    if maps:
        keeps += " Two artefacts at once are harder than each alone: see below."
    if len(cards) == 1 or uneven(cards):
        return f"{best.segmenter} {keeps}"
    highest = f"the highest mean Jaccard over the grid, {format_figure(best.mean)}"
    alike = sum(card.mean is not None and reads_alike(best.mean, card.mean) for card in cards)
    if alike > 1:
        which = f"All {alike} models" if alike == len(cards) else f"Of {len(cards)} models, {alike}"
        return f"{which} tie for {highest}. One of them, {best.segmenter}, {keeps}"
    return f"Of {len(cards)} models, {best.segmenter} has {highest}. It {keeps}"


def _kept(point: BreakPoint) -> str:
    way = "up to" if point.direction > 0 else "down to"
    if point.broken_at_neutral:
        return f"no {point.artefact} at all"
    if point.left_censored:
        return f"{point.artefact} nobody knows how far: it breaks {format_break_point(point)}"
    if point.undefined:
        return f"{point.artefact} nobody knows how far (undefined)"
    if not point.reached:
        return f"{point.artefact} {way} {point.parameter} {point.end:g} {point.unit}, the end of the grid"
    return f"{point.artefact} {way} {point.parameter} {format_break_point(point)}"


def model_card(card: ScoreCard, results: Results, look: Style) -> dict[str, Any]:
    """A segmenter for the template: its bars, rows and look."""
    return {
        "name": card.segmenter,
        "colour": look.colour,
        "letter": look.letter,
        "clean": format_figure(card.clean),
        "spans": [_span(card, artefact, results) for artefact in results.single_artefacts],
        "rows": list(card_rows(card)),
    }


def _span(card: ScoreCard, artefact: str, results: Results) -> dict[str, Any]:
    """Where on the axis of an artefact a segmenter may be trusted: a bar in per cent of the axis, and words."""
    points = [point for point in card.breaks if point.artefact == artefact]
    if all(name != artefact for name, _ in card.conditions):
        return {"width": None, "text": "not run"}
    if not points:
        return {"width": None, "text": "needs clean too" if card.clean is None else "needs two intensities"}
    if any(point.undefined for point in points):
        return {"width": None, "text": "undefined"}
    rows = results.summary[results.summary["artefact"] == artefact]
    neutral = results.run.artefacts[artefact].neutral
    first, last = min(neutral, *rows["intensity"]), max(neutral, *rows["intensity"])
    text = "; ".join(_reach(point) for point in sorted(points, key=lambda one: one.direction))
    kept = [point for point in points if not point.left_censored]
    if not kept:
        return {"width": None, "text": text}
    ends = [x for point in kept for x in (point.nearest, point.point.value if point.reached else point.end)]
    return {
        "left": round(100 * (min(ends) - first) / (last - first), 1),
        "width": round(100 * (max(ends) - min(ends)) / (last - first), 1),
        "text": text,
    }


def _reach(point: BreakPoint) -> str:
    way = "down to" if point.direction < 0 else "up to"
    if point.broken_at_neutral:
        return f"breaks already at {point.point.value:g} {point.unit}"
    if point.left_censored:
        return f"breaks {format_break_point(point)}"
    if not point.reached:
        return f"all the way {way} {point.end:g} {point.unit}"
    return f"{way} {format_break_point(point)}"
