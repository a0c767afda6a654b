"""Rows of a score card: label, definition in one sentence, and value as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from robustbench_cells.reporting.number_format import format_break_point, format_figure, format_limit
from robustbench_cells.results.break_points import BreakPoint
from robustbench_cells.results.scorecard import ScoreCard


@dataclass(frozen=True)
class CardRow:
    """One key figure of a card.

    Attributes
    ----------
    label, definition, value
        Label, definition in one sentence, and value as text.
    """

    label: str
    definition: str
    value: str


_INTERVAL = " In brackets: the 95 % interval over blocks of frames."
BRACKET = (
    "From the last intensity at which it is surely above to the first at which it is surely below, over blocks of "
    "frames: where between them it falls is not known, since nothing ran there."
)


def key_figures(card: ScoreCard) -> Iterator[CardRow]:
    """The key figures of a card, over all artefacts and on clean images."""
    yield CardRow(
        "clean Jaccard",
        "Mean Jaccard score on patches without any artefact; 1 is perfect." + _INTERVAL,
        format_figure(card.clean),
    )
    yield CardRow(
        "mean over the grid",
        "Mean Jaccard score over each artefact's intensities, then over the artefacts; models are ordered by it."
        + _INTERVAL,
        format_figure(card.mean),
    )
    yield CardRow(
        "rPC",
        "Relative performance under corruption: the mean over the grid divided by the clean score. A weak model has "
        "little to lose, so never compare models by it alone." + _INTERVAL,
        format_figure(card.relative),
    )
    yield CardRow(
        "worst artefact",
        "The artefact with the lowest mean Jaccard over its intensities.",
        card.worst_artefact or "not run",
    )
    yield CardRow(
        "net cell-count error",
        "Cells counted too many (+) or too few (-) over all clean patches, as a share of the labelled cells; errors "
        "of single patches cancel." + _INTERVAL,
        format_figure(card.net_count_error, percent=True, signed=True),
    )
    yield CardRow(
        "mean absolute count error per patch",
        "Mean absolute error of the cell count of a clean patch, as a share of the labelled cells; errors do not "
        "cancel." + _INTERVAL,
        format_figure(card.absolute_count_error, percent=True),
    )
    yield CardRow(
        "time per patch",
        "Milliseconds per patch of 256×256 in batches of 16 on the machine of the run; in brackets the fastest and "
        "the slowest of three batches.",
        "not measured" if card.milliseconds is None else f"{format_figure(card.milliseconds)} ms",
    )


def artefact_rows(card: ScoreCard) -> Iterator[CardRow]:
    """Break-points and areas under the curve, artefact by artefact."""
    for point in (*card.limits, *card.own_limits):
        yield CardRow(
            break_point_label(point),
            f"Where the mean Jaccard falls below {format_limit(point.limit)}. {BRACKET}",
            format_break_point(point),
        )
    for artefact, area in card.areas.items():
        yield CardRow(
            f"{artefact}: normalised AUC",
            "Area under the Jaccard curve (trapezoidal rule on the artefact's own scale) divided by the range of "
            "intensities." + _INTERVAL,
            format_figure(area),
        )


def break_point_label(point: BreakPoint) -> str:
    """Artefact, and which limit of its parameter it is."""
    own = "" if point.limit.is_absolute else ", relative to its own clean score"
    return f"{point.artefact}: {'upper' if point.direction > 0 else 'lower'} {point.parameter} limit{own}"


def comparability_warnings(cards: Sequence[ScoreCard]) -> list[str]:
    """A warning if means over the grid are not over the same conditions."""
    if len({card.conditions for card in cards}) < 2:
        return []
    return ["Not all models ran under the same conditions, so their means over the grid cannot be compared."]
