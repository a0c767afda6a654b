"""Which cells are lost: by AP50 beside the Jaccard score, and in which way, on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import pandas as pd

from robustbench_cells.reporting.cell_rules import by_components, predicted_cells, true_cells
from robustbench_cells.reporting.first_to_break import first_to_break, is_below_on_clean
from robustbench_cells.reporting.number_format import format_figure, format_limit
from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.scorecard import ScoreCard, figures_of
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN

AP50 = "ap50"
WAYS = ("merged", "split", "missed", "invented")  # from the bottom of a bar up
_TRUE = "instances_true"
_LONGEST = 2.0  # of a bar, by the true cells: a model that invents twenty times as many hides what else is lost
_LEFT_OUT = {"drop": "those whose larger part lies outside of their patch are left out"}


@dataclass(frozen=True)
class LostCells:
    """What a model lost under a condition, all patches of the run together.

    Attributes
    ----------
    parts
        Way and width of each part of a bar, in per cent of its full width.
    text
        The same in words, in per cent of the true cells.
    """

    parts: tuple[tuple[str, float], ...]
    text: str


@dataclass(frozen=True)
class LostPanel:
    """Bars of one artefact.

    Attributes
    ----------
    artefact, parameter, unit
        Names of the artefact, its parameter and its unit.
    full
        Share of the true cells that the full width stands for, as text.
    is_cut
        Whether a bar is longer than that; its invented cells, which come last, are cut off.
    rows
        Intensity as text, and the bar of each model, None where it did not run.
    """

    artefact: str
    parameter: str
    unit: str
    full: str
    is_cut: bool
    rows: tuple[tuple[str, tuple[LostCells | None, ...]], ...]


@dataclass(frozen=True)
class CellCard:
    """A model on the first screen, by its cells.

    Attributes
    ----------
    by_ap50
        The model's card with clean score and break-points by AP50.
    clean
        AP50 on clean patches as text.
    first, no_first
        Names of the artefacts that break it first by AP50, each with whether that is sure; the text where there are
        none.
    lost
        What it lost on clean patches; None if they did not run.
    rule
        How its predicted cells were told apart.
    """

    by_ap50: ScoreCard
    clean: str
    first: tuple[tuple[str, bool], ...]
    no_first: str
    lost: LostCells | None
    rule: str


@dataclass(frozen=True)
class CellReport:
    """What the page says of cells.

    Attributes
    ----------
    truth
        What the true cells are.
    by_components
        What to add to the name of a score where they are no ids of the data set.
    limit
        The limit of AP50 as text; empty where no clean score gives one.
    cards
        Each model, by its name.
    panels
        Bars of each artefact, in the order of the models' cards.
    """

    truth: str
    by_components: str
    limit: str
    cards: Mapping[str, CellCard]
    panels: tuple[LostPanel, ...]


def has_cells(results: Results) -> bool:
    """Whether the run scored cells as instances."""
    return {AP50, _TRUE, *WAYS} <= results.run.metrics.keys()


def cell_report(cards: Sequence[ScoreCard], results: Results) -> CellReport | None:
    """What a page says of cells; None where the run did not score them."""
    if not has_cells(results):
        return None
    names = [card.segmenter for card in cards]
    points = break_points(results, AP50)
    limits = [point.limit for part in points.values() for point in part if point.limit.is_absolute]
    return CellReport(
        truth="; ".join(filter(None, (true_cells(results.run), _LEFT_OUT.get(results.run.settings.edge_cells)))),
        by_components=by_components(results.run),
        limit=format_limit(limits[0]) if limits else "",
        cards={card.segmenter: _card(card, points[card.segmenter], results) for card in cards},
        panels=tuple(
            _panel(artefact, names, results) for artefact in (*results.single_artefacts, *results.combined_artefacts)
        ),
    )


def _card(card: ScoreCard, points: tuple[BreakPoint, ...], results: Results) -> CellCard:
    summary = results.summary
    clean = summary[(summary["segmenter"] == card.segmenter) & (summary["artefact"] == CLEAN)]
    figure = next(iter(figures_of(clean, AP50)), None)
    by_ap50 = replace(card, clean=figure, break_points=points)
    first = first_to_break(by_ap50, results)
    return CellCard(
        by_ap50=by_ap50,
        clean=format_figure(figure),
        first=tuple((point.artefact, not point.right_censored) for point in first),
        no_first="below the limit on clean images" if is_below_on_clean(by_ap50) else "none in the tested range",
        lost=_lost(clean.iloc[0], 1.0) if len(clean) else None,
        rule=predicted_cells(results.run, card.segmenter),
    )


def _panel(artefact: str, names: Sequence[str], results: Results) -> LostPanel:
    rows, unit = results.curve_rows(artefact), results.run.unit(artefact)
    rows = rows[rows["segmenter"].isin(names)]
    longest = (rows[[*WAYS]].sum(axis=1) / rows[_TRUE])[rows[_TRUE] > 0].max()
    full = min(_LONGEST, max(1.0, longest))
    found: list[tuple[str, tuple[LostCells | None, ...]]] = []
    for intensity, at in rows.groupby("intensity"):
        by_name = {row["segmenter"]: _lost(row, full) for _, row in at.iterrows()}
        found.append((unit.level(float(str(intensity))), tuple(map(by_name.get, names))))
    parameter = results.run.artefacts[artefact].parameter
    width = f"{full:.0%}".replace("%", " %")
    return LostPanel(artefact, parameter, unit.label, width, bool(longest > full), tuple(found))


def _lost(row: pd.Series, full: float) -> LostCells:
    true = float(row[_TRUE])
    counts = {way: float(row[way]) for way in WAYS}
    if not true > 0 or not all(map(isfinite, counts.values())):
        told = ", ".join(f"{way} {count:.0f}" for way, count in counts.items() if count)
        return LostCells((), f"no true cells{': ' if told else ''}{told}")
    parts = tuple((way, round(100 * count / true / full, 2)) for way, count in counts.items() if count)
    told = ", ".join(f"{way} {_percent(count / true)}" for way, count in counts.items() if count)
    return LostCells(parts, told or "none")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "under 1 %"
