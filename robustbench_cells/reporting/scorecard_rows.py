"""The rows of a score card: what each is called, what it means in one sentence, and its value in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from robustbench_cells.reporting.number_format import format_break_point, format_figure
from robustbench_cells.results.scorecard import BreakPoint, ScoreCard


@dataclass(frozen=True)
class Row:
    """A line of a card."""

    label: str
    meaning: str
    value: str


_INTERVAL = " In brackets: the 95 % interval over blocks of frames."


def card_rows(card: ScoreCard) -> Iterator[Row]:
    """Every figure of a card."""
    yield Row(
        "clean Jaccard",
        "Mean Jaccard score on patches without any artefact; 1 is perfect." + _INTERVAL,
        format_figure(card.clean),
    )
    yield Row(
        "mean over the grid",
        "Mean Jaccard score over each artefact's intensities, then over the artefacts: what models are ordered by."
        + _INTERVAL,
        format_figure(card.mean),
    )
    yield Row(
        "rPC",
        "Relative performance: the mean over the grid divided by the clean score. A weak model has little to lose, so "
        "never compare models by it alone." + _INTERVAL,
        format_figure(card.relative),
    )
    for point in card.breaks:
        yield Row(
            break_label(point),
            f"The intensity at which the mean Jaccard falls under 90 % of the clean one, linear "
            f"between those that ran.{_INTERVAL}",
            format_break_point(point),
        )
    for artefact, height in card.heights.items():
        yield Row(
            f"{artefact}: area",
            "Area under the Jaccard curve (trapezoids over the physical axis), divided by the axis' length."
            + _INTERVAL,
            format_figure(height),
        )
    yield Row(
        "worst artefact", "The artefact with the lowest mean Jaccard over its intensities.", card.worst or "not run"
    )
    yield Row(
        "cells, in all",
        "Cells counted too many (+) or too few (-) on clean patches together, as a share of the labelled ones; "
        "errors of patches cancel out." + _INTERVAL,
        format_figure(card.cells_signed, percent=True, signed=True),
    )
    yield Row(
        "cells, a patch",
        "By how much the count of a clean patch is off on average, as a share of the labelled cells; nothing cancels."
        + _INTERVAL,
        format_figure(card.cells_absolute, percent=True),
    )
    yield Row(
        "time a patch",
        "Milliseconds for a patch of 256×256 in batches of 16 on the machine of the run; in brackets the fastest and "
        "the slowest of three batches.",
        "not measured" if card.milliseconds is None else f"{format_figure(card.milliseconds)} ms",
    )


def break_label(point: BreakPoint) -> str:
    """Which way and which artefact."""
    way = "" if point.direction > 0 else ", downwards"
    return f"{point.artefact}: breaks at {point.parameter}{way}"


def uneven(cards: Sequence[ScoreCard]) -> list[str]:
    """A warning, where means over the grid are not of the same conditions."""
    if len({card.conditions for card in cards}) < 2:
        return []
    return ["Not all models ran under the same conditions, so their means over the grid cannot be compared."]
