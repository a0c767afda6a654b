"""What a person asks about one segmenter: how good on clean images, how far until it breaks, what it miscounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan

import numpy as np
import pandas as pd

from robustbench_cells.results.curves import break_point_distance, directions, normalised_auc
from robustbench_cells.results.intervals import Floats, percentile_interval, resampled
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE


@dataclass(frozen=True)
class Figure:
    """A value and its 95 % interval over blocks of frames; the ends are NaN where there are fewer than two blocks."""

    value: float
    low: float = nan
    high: float = nan


@dataclass(frozen=True)
class BreakPoint:
    """Where a segmenter's mean Jaccard falls under 90 % of its clean value, going one way from the neutral intensity.

    Attributes
    ----------
    artefact, parameter, unit
        The artefact's.
    direction
        1 for larger intensities, -1 for smaller ones.
    neutral
        The artefact's, whether or not it ran.
    nearest, end
        The first and the last intensity that ran, from the neutral one.
    point
        In the artefact's unit, NaN where a score is undefined. Infinite, the way that it goes, where it is not reached
        up to the end; infinite the other way where it lies before the nearest and nobody knows where.
    """

    artefact: str
    parameter: str
    unit: str
    direction: int
    neutral: float
    nearest: float
    end: float
    point: Figure

    @property
    def reached(self) -> bool:
        """Whether it is known to break at an intensity of the grid."""
        return isfinite(self.point.value)

    @property
    def broken_at_neutral(self) -> bool:
        """Whether it is under 90 % at the neutral intensity already: by what else the artefact does to the image."""
        return self.nearest == self.neutral == self.point.value

    @property
    def left_censored(self) -> bool:
        """Whether it breaks somewhere before the nearest intensity, since the neutral one did not run."""
        return self.direction * self.point.value == -inf

    @property
    def undefined(self) -> bool:
        """Whether nothing can be said."""
        return isnan(self.point.value)


@dataclass(frozen=True)
class ScoreCard:
    """One segmenter on one page.

    Attributes
    ----------
    segmenter
        Its name.
    clean
        Mean Jaccard on clean patches; None, as all that rests on it, where those did not run.
    mean
        Mean Jaccard over each artefact's intensities, then over the artefacts; None where none ran.
    relative
        The same over the clean one: rPC (Michaelis et al. 2019).
    breaks
        Of each artefact, both ways where the grid goes both ways.
    heights
        Area under the degradation curve over the range, for each artefact.
    worst
        The artefact with the lowest mean Jaccard; empty where none ran.
    cells_signed, cells_absolute
        On clean patches: cells too many, and the mean of what each patch is off by, as shares of the labelled cells.
    milliseconds
        Of a patch on the machine of the run, with the fastest and the slowest time; None where it was not measured.
    conditions
        That it ran under.
    """

    segmenter: str
    clean: Figure | None
    mean: Figure | None
    relative: Figure | None
    breaks: tuple[BreakPoint, ...]
    heights: Mapping[str, Figure]
    worst: str
    cells_signed: Figure | None
    cells_absolute: Figure | None
    milliseconds: Figure | None
    conditions: frozenset[tuple[str, float]]


def scorecards(results: Results, milliseconds: Mapping[str, Sequence[float]] | None = None) -> list[ScoreCard]:
    """A card for each segmenter but the background, the highest mean Jaccard over the grid first.

    Where they did not all run under the same conditions their means are not of the same: they come by name.

    Parameters
    ----------
    results
        Of a run.
    milliseconds
        That each segmenter took for a patch, several times.
    """
    times = milliseconds or {}
    names = [name for name in results.records["segmenter"].unique() if name != REFERENCE]
    cards = [_card(results, str(name), times.get(str(name), ())) for name in names]

    def height(card: ScoreCard) -> float:
        figure = card.mean or card.clean
        return figure.value if figure and not isnan(figure.value) else -inf

    if len({card.conditions for card in cards}) > 1:
        return sorted(cards, key=lambda card: card.segmenter)
    return sorted(cards, key=lambda card: (-height(card), card.segmenter))


class _Curves:
    """The mean Jaccard of a segmenter under each condition, and under each on 2000 draws of blocks."""

    def __init__(self, records: pd.DataFrame, block: pd.Series) -> None:
        rows = records.assign(block=block)
        groups = rows.groupby(["artefact", "intensity", "block"])["jaccard"].agg(["sum", "count"])
        table = groups.unstack("block", fill_value=0)
        self.conditions: list[tuple[str, float]] = list(table.index)
        count = block.nunique()
        sums = np.concatenate([table["sum"].to_numpy(float), table["count"].to_numpy(float)]).T
        self._totals, self._draws = sums.sum(axis=0), resampled(sums) if count > 1 else None

    def figure(self, conditions: Sequence[tuple[str, float]], figure: Callable[[Floats], Floats]) -> Figure:
        """A figure of the means under these conditions."""
        at = [self.conditions.index(condition) for condition in conditions]

        def of(totals: Floats) -> Floats:
            half = totals.shape[-1] // 2
            with np.errstate(invalid="ignore", divide="ignore"):
                return figure(totals[..., at] / totals[..., [half + place for place in at]])

        ends = percentile_interval(of(self._draws)) if self._draws is not None else (nan, nan)
        return Figure(float(of(self._totals)), *ends)


def _card(results: Results, name: str, times: Sequence[float]) -> ScoreCard:
    records = results.records[results.records["segmenter"] == name]
    curves = _Curves(records, results.blocks[records.index])
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
        artefact: curves.figure([(artefact, x) for x in side], lambda means: means.mean(axis=-1)).value
        for artefact, side in levels.items()
    }
    means = {artefact: value for artefact, value in means.items() if not isnan(value)}
    return ScoreCard(
        segmenter=name,
        clean=_clean(results, name) if is_clean else None,
        mean=curves.figure(grid, mean) if grid else None,
        relative=(
            curves.figure([clean, *grid], lambda means: mean(means[..., 1:]) / means[..., 0])
            if grid and is_clean
            else None
        ),
        breaks=tuple(_breaks(results, curves, levels)) if is_clean else (),
        heights={
            artefact: curves.figure(
                [(artefact, x) for x in side],
                lambda means, side=side: normalised_auc(means, side),  # type: ignore[misc]
            )
            for artefact, side in levels.items()
            if len(side) > 1
        },
        worst=min(means, key=lambda artefact: means[artefact], default=""),
        cells_signed=_cells(results, records, absolute=False),
        cells_absolute=_cells(results, records, absolute=True),
        milliseconds=Figure(float(np.median(times)), min(times), max(times)) if times else None,
        conditions=frozenset(curves.conditions),
    )


def _clean(results: Results, name: str) -> Figure:
    """As the tables have it."""
    table = results.summary
    row = table[(table["segmenter"] == name) & (table["artefact"] == CLEAN)].iloc[0]
    return Figure(float(row["jaccard"]), float(row["jaccard_low"]), float(row["jaccard_high"]))


def _breaks(results: Results, curves: _Curves, levels: Mapping[str, list[float]]) -> list[BreakPoint]:
    found = []
    for artefact, intensities in levels.items():
        facts = results.run.artefacts[artefact]
        neutral = facts.neutral
        for direction, side in directions(intensities, neutral):
            distances = [abs(x - neutral) for x in side]

            def point(
                means: Floats, direction: int = direction, distances: list[float] = distances, neutral: float = neutral
            ) -> Floats:
                found = neutral + direction * break_point_distance(means[..., 1:], means[..., 0], distances)
                return np.where(np.isnan(means).any(axis=-1), nan, found)

            figure = curves.figure([(CLEAN, 0.0), *((artefact, x) for x in side)], point)
            ends = side[0], side[-1]
            found.append(BreakPoint(artefact, facts.parameter, facts.unit, direction, neutral, *ends, figure))
    return found


def _cells(results: Results, records: pd.DataFrame, *, absolute: bool) -> Figure | None:
    rows = records[records["artefact"] == CLEAN]
    if rows.empty or not {"cells_predicted", "cells_true"} <= set(rows) or not rows["cells_true"].sum():
        return None
    off = rows["cells_predicted"] - rows["cells_true"]
    parts = pd.DataFrame({"off": off.abs() if absolute else off, "true": rows["cells_true"]})
    sums = parts.groupby(results.blocks[rows.index]).sum().to_numpy(float)

    def share(totals: Floats) -> Floats:
        return np.divide(totals[..., 0], totals[..., 1], out=np.full(totals.shape[:-1], nan), where=totals[..., 1] > 0)

    ends = percentile_interval(share(resampled(sums))) if len(sums) > 1 else (nan, nan)
    return Figure(float(share(sums.sum(axis=0))), *ends)
