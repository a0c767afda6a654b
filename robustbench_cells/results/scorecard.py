"""Score cards: one segmenter's clean score, break-points, areas under its curves, counting errors and time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan

import numpy as np
import pandas as pd

from robustbench_cells.results.curves import break_point_distance, directions, normalised_auc
from robustbench_cells.results.intervals import Floats, percentile_interval, resample_blocks
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval over blocks of frames; the limits are NaN with fewer than two blocks."""

    value: float
    low: float = nan
    high: float = nan


@dataclass(frozen=True)
class BreakPoint:
    """Intensity at which a segmenter's mean Jaccard falls below 90 % of its clean value, in one direction from neutral.

    Attributes
    ----------
    artefact, parameter, unit
        Name of the artefact, and parameter and unit of its intensity.
    direction
        1 for larger intensities, -1 for smaller ones.
    neutral
        Neutral intensity of the artefact, whether or not it ran.
    nearest, end
        Nearest and farthest intensity that ran, seen from the neutral one.
    intensity
        Break-point in the artefact's unit, NaN where a score is undefined. Infinite in this direction where it is not
        reached up to the end (right-censored), in the opposite direction where it lies before the nearest intensity
        (left-censored).
    """

    artefact: str
    parameter: str
    unit: str
    direction: int
    neutral: float
    nearest: float
    end: float
    intensity: Figure

    @property
    def reached(self) -> bool:
        """Whether the break-point lies within the tested range."""
        return isfinite(self.intensity.value)

    @property
    def broken_at_neutral(self) -> bool:
        """Whether the score is below 90 % at the neutral intensity already, by a side effect such as a stretch."""
        return self.nearest == self.neutral == self.intensity.value

    @property
    def left_censored(self) -> bool:
        """Whether it breaks before the nearest intensity that ran, and the neutral one did not run."""
        return self.direction * self.intensity.value == -inf

    @property
    def undefined(self) -> bool:
        """Whether a score that it depends on is undefined."""
        return isnan(self.intensity.value)


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
        Mean Jaccard over each artefact's intensities, then over the artefacts; None if no artefact ran.
    relative
        Mean over the grid divided by the clean score: rPC (Michaelis et al. 2019).
    break_points
        Break-points of each artefact, in both directions where the grid has both.
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
    cards = [_card(results, str(name), times.get(str(name), ())) for name in names]

    def score(card: ScoreCard) -> float:
        figure = card.mean or card.clean
        return figure.value if figure and not isnan(figure.value) else -inf

    if len({card.conditions for card in cards}) > 1:
        return sorted(cards, key=lambda card: card.segmenter)
    return sorted(cards, key=lambda card: (-score(card), card.segmenter))


class _Curves:
    """Mean Jaccard of a segmenter under each condition, also on 2000 draws of blocks."""

    def __init__(self, records: pd.DataFrame, block: pd.Series) -> None:
        rows = records.assign(block=block)
        groups = rows.groupby(["artefact", "intensity", "block"])["jaccard"].agg(["sum", "count"])
        table = groups.unstack("block", fill_value=0)
        self.conditions: list[tuple[str, float]] = list(table.index)
        count = block.nunique()
        sums = np.concatenate([table["sum"].to_numpy(float), table["count"].to_numpy(float)]).T
        self._totals, self._draws = sums.sum(axis=0), resample_blocks(sums) if count > 1 else None

    def figure(self, conditions: Sequence[tuple[str, float]], statistic: Callable[[Floats], Floats]) -> Figure:
        """A statistic of the means under these conditions, with its interval."""
        at = [self.conditions.index(condition) for condition in conditions]

        def compute(totals: Floats) -> Floats:
            half = totals.shape[-1] // 2
            with np.errstate(invalid="ignore", divide="ignore"):
                return statistic(totals[..., at] / totals[..., [half + place for place in at]])

        limits = percentile_interval(compute(self._draws)) if self._draws is not None else (nan, nan)
        return Figure(float(compute(self._totals)), *limits)


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
        break_points=tuple(_break_points(results, curves, levels)) if is_clean else (),
        areas={
            artefact: curves.figure(
                [(artefact, x) for x in side],
                lambda means, side=side: normalised_auc(means, side),  # type: ignore[misc]
            )
            for artefact, side in levels.items()
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
    row = table[(table["segmenter"] == name) & (table["artefact"] == CLEAN)].iloc[0]
    return Figure(float(row["jaccard"]), float(row["jaccard_low"]), float(row["jaccard_high"]))


def _break_points(results: Results, curves: _Curves, levels: Mapping[str, list[float]]) -> list[BreakPoint]:
    found = []
    for artefact, intensities in levels.items():
        info = results.run.artefacts[artefact]
        neutral = info.neutral
        for direction, side in directions(intensities, neutral):
            distances = [abs(x - neutral) for x in side]

            def break_point(
                means: Floats, direction: int = direction, distances: list[float] = distances, neutral: float = neutral
            ) -> Floats:
                intensity = neutral + direction * break_point_distance(means[..., 1:], means[..., 0], distances)
                return np.where(np.isnan(means).any(axis=-1), nan, intensity)

            intensity = curves.figure([(CLEAN, 0.0), *((artefact, x) for x in side)], break_point)
            ends = side[0], side[-1]
            found.append(BreakPoint(artefact, info.parameter, info.unit, direction, neutral, *ends, intensity))
    return found


def _count_error(results: Results, records: pd.DataFrame, *, absolute: bool) -> Figure | None:
    rows = records[records["artefact"] == CLEAN]
    if rows.empty or not {"cells_predicted", "cells_true"} <= set(rows) or not rows["cells_true"].sum():
        return None
    error = rows["cells_predicted"] - rows["cells_true"]
    parts = pd.DataFrame({"error": error.abs() if absolute else error, "true": rows["cells_true"]})
    sums = parts.groupby(results.blocks[rows.index]).sum().to_numpy(float)

    def share(totals: Floats) -> Floats:
        return np.divide(totals[..., 0], totals[..., 1], out=np.full(totals.shape[:-1], nan), where=totals[..., 1] > 0)

    limits = percentile_interval(share(resample_blocks(sums))) if len(sums) > 1 else (nan, nan)
    return Figure(float(share(sums.sum(axis=0))), *limits)
