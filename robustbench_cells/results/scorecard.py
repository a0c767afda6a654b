"""Score cards: one segmenter's clean score, break-points, areas under its curves, counting errors and time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan

import numpy as np
import pandas as pd

from robustbench_cells.results.break_points import BreakPoint, break_points
from robustbench_cells.results.curves import normalised_auc
from robustbench_cells.results.intervals import Estimates, Floats, estimates, ratio
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE, ScoreRange

_ANYTHING = ScoreRange()


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval over blocks of frames.

    Attributes
    ----------
    value
        The value.
    low, high
        Limits of the interval; NaN with fewer than two blocks.
    blocks
        Number of blocks of frames that the interval is based on; None where it is not over frames.
    """

    value: float
    low: float = nan
    high: float = nan
    blocks: int | None = None


def figures_of(rows: pd.DataFrame, metric: str) -> list[Figure]:
    """A metric's value in each row of a summary (see `tables.summarise`), with its interval if the metric has one."""
    if f"{metric}_low" not in rows:
        return [Figure(float(value)) for value in rows[metric]]
    columns = [rows[f"{metric}{end}"] for end in ("", "_low", "_high", "_blocks")]
    return [
        Figure(float(value), float(low), float(high), int(blocks))
        for value, low, high, blocks in zip(*columns, strict=True)
    ]


@dataclass(frozen=True)
class ScoreCard:
    """The key figures of one segmenter.

    Attributes
    ----------
    segmenter
        Name of the segmenter.
    clean
        Mean Jaccard on clean patches; None, like all that depends on it, if they did not run.
    mean
        Mean Jaccard over each artefact's intensities, then over the artefacts; None if no artefact ran. Like the areas,
        without intensities that were added for break-points.
    relative
        Mean over the grid divided by the clean score: rPC (Michaelis et al. 2019).
    break_points
        Break-points of each artefact, in both directions where the grid has both: see `break_points.break_points`.
    areas
        Normalised area under the degradation curve of each artefact.
    worst_artefact
        Artefact with the lowest mean Jaccard; empty if none ran.
    net_count_error, absolute_count_error
        On clean patches, net cell-count error and mean absolute count error per patch, as shares of the labelled cells.
    milliseconds
        Time per patch on the machine of the run, with the fastest and the slowest batch; None if not measured.
    conditions
        Conditions that it ran under.
    """

    segmenter: str
    clean: Figure | None
    mean: Figure | None
    relative: Figure | None
    break_points: tuple[BreakPoint, ...]
    areas: Mapping[str, Figure]
    worst_artefact: str
    net_count_error: Figure | None
    absolute_count_error: Figure | None
    milliseconds: Figure | None
    conditions: frozenset[tuple[str, float]]

    @property
    def limits(self) -> tuple[BreakPoint, ...]:
        """Break-points of the absolute limit, the same for all segmenters."""
        return tuple(point for point in self.break_points if point.limit.is_absolute)

    @property
    def own_limits(self) -> tuple[BreakPoint, ...]:
        """Break-points of the segmenter's own clean score."""
        return tuple(point for point in self.break_points if not point.limit.is_absolute)


def scorecards(results: Results, milliseconds: Mapping[str, Sequence[float]] | None = None) -> list[ScoreCard]:
    """One card per segmenter except the background, the highest mean Jaccard over the grid first.

    In alphabetical order if they did not all run under the same conditions, since their means are not comparable then.

    Parameters
    ----------
    results
        Results of a run.
    milliseconds
        Repeated measurements of each segmenter's time per patch.
    """
    times = milliseconds or {}
    names = [name for name in results.records["segmenter"].unique() if name != REFERENCE]
    points = break_points(results)
    cards = [_card(results.on_grid, str(name), times.get(str(name), ()), points[str(name)]) for name in names]

    def score(card: ScoreCard) -> float:
        figure = card.mean or card.clean
        return figure.value if figure and not isnan(figure.value) else -inf

    if len({card.conditions for card in cards}) > 1:
        return sorted(cards, key=lambda card: card.segmenter)
    return sorted(cards, key=lambda card: (-score(card), card.segmenter))


class _Curves:
    """Mean Jaccard of a segmenter under each condition, and what is computed from these means."""

    def __init__(self, results: Results, records: pd.DataFrame) -> None:
        self._order, self._range = results.frame_order, results.run.metrics["jaccard"].range
        groups = records.groupby(["artefact", "intensity"])
        self.conditions: list[tuple[str, float]] = [*groups.size().index]
        self._sums = results.score_sums(records, groups.ngroup().to_numpy(), "jaccard")

    def average(self, conditions: Sequence[tuple[str, float]], statistic: Callable[[Floats], Floats]) -> Figure:
        """A weighted average of the means under these conditions, with its interval: within the score's range."""
        return self.figure(conditions, statistic, self._range)

    def figure(
        self,
        conditions: Sequence[tuple[str, float]],
        statistic: Callable[[Floats], Floats],
        within: ScoreRange = _ANYTHING,
    ) -> Figure:
        """A smooth statistic of the means under these conditions, with its interval."""
        sums = self._table(conditions)
        return _figure(estimates(sums[None], lambda sums: statistic(_means(sums)), self._order), within)

    def _table(self, conditions: Sequence[tuple[str, float]]) -> Floats:
        """Sum and number of the scores under one condition after the other, (frames, columns)."""
        return np.concatenate(self._sums[[self.conditions.index(one) for one in conditions]].transpose(0, 2, 1)).T


def _means(sums: Floats) -> Floats:
    """Means, (..., conditions), from alternating sums and numbers of scores."""
    return ratio(sums.reshape(*sums.shape[:-1], -1, 2))


def _figure(estimate: Estimates, within: ScoreRange) -> Figure:
    """The single estimate, with limits within what it can be."""
    low, high = map(within.clip, estimate.limits())
    return Figure(float(estimate.values[0]), float(low[0]), float(high[0]), int(estimate.blocks[0]))


def _card(results: Results, name: str, times: Sequence[float], points: tuple[BreakPoint, ...]) -> ScoreCard:
    records = results.records[results.records["segmenter"] == name]
    curves = _Curves(results, records)
    clean = (CLEAN, 0.0)
    grid = [condition for condition in curves.conditions if condition[0] in results.single_artefacts]
    levels: dict[str, list[float]] = {}
    for artefact, intensity in grid:
        levels.setdefault(artefact, []).append(intensity)
    is_clean = clean in curves.conditions
    parts = [[number for number, (name, _) in enumerate(grid) if name == artefact] for artefact in levels]

    def mean(means: Floats) -> Floats:
        return np.stack([means[..., part].mean(axis=-1) for part in parts], axis=-1).mean(axis=-1)

    means = {
        artefact: curves.average([(artefact, x) for x in side], lambda means: means.mean(axis=-1)).value
        for artefact, side in levels.items()
    }
    means = {artefact: value for artefact, value in means.items() if not isnan(value)}
    return ScoreCard(
        segmenter=name,
        clean=_clean(results, name) if is_clean else None,
        mean=curves.average(grid, mean) if grid else None,
        relative=(
            curves.figure([clean, *grid], lambda means: mean(means[..., 1:]) / means[..., 0])
            if grid and is_clean
            else None
        ),
        break_points=points,
        areas={
            artefact: curves.average(
                [(artefact, x) for x in side],
                lambda means, places=places: normalised_auc(means, places),  # type: ignore[misc]
            )
            for artefact, side in levels.items()
            for places in [results.run.artefacts[artefact].axis.positions(side)]
            if len(side) > 1
        },
        worst_artefact=min(means, key=lambda artefact: means[artefact], default=""),
        net_count_error=_count_error(results, records, absolute=False),
        absolute_count_error=_count_error(results, records, absolute=True),
        milliseconds=Figure(float(np.median(times)), min(times), max(times)) if times else None,
        conditions=frozenset(curves.conditions),
    )


def _clean(results: Results, name: str) -> Figure:
    """Clean score as in the tables."""
    table = results.summary
    return figures_of(table[(table["segmenter"] == name) & (table["artefact"] == CLEAN)], "jaccard")[0]


def _count_error(results: Results, records: pd.DataFrame, *, absolute: bool) -> Figure | None:
    rows = records[records["artefact"] == CLEAN]
    if rows.empty or not {"cells_predicted", "cells_true"} <= set(rows) or not rows["cells_true"].sum():
        return None
    error = rows["cells_predicted"] - rows["cells_true"]
    columns = np.column_stack([error.abs() if absolute else error, rows["cells_true"]])
    sums = results.frame_sums(rows, np.zeros(len(rows), np.int64), columns)
    return _figure(estimates(sums, ratio, results.frame_order), ScoreRange(0.0 if absolute else -1.0))
