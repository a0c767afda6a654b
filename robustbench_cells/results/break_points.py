"""Break-points of a run: between which intensities each segmenter falls below an absolute limit and below its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, isnan, nan
from weakref import WeakKeyDictionary

import numpy as np

from robustbench_cells.results.artefact_info import ArtefactInfo
from robustbench_cells.results.axes import Axis, Side
from robustbench_cells.results.brackets import locate_crossing
from robustbench_cells.results.curves import BREAK_RATIO
from robustbench_cells.results.intervals import Floats
from robustbench_cells.results.tables import Results
from robustbench_cells.results.units import Unit
from robustbench_cells.types import CLEAN, REFERENCE


@dataclass(frozen=True)
class Limit:
    """A mean Jaccard score that a segmenter must keep.

    Attributes
    ----------
    score
        The score.
    best
        Segmenter with the best clean score, of which the limit is 90 %; empty where the user gave the score. For a
        relative limit, the segmenter itself.
    is_absolute
        Whether it is the same limit for all segmenters.
    """

    score: float
    best: str = ""
    is_absolute: bool = True


@dataclass(frozen=True)
class BreakPoint:
    """Intensities between which a segmenter's mean Jaccard falls below a limit, in one direction from neutral.

    Attributes
    ----------
    segmenter, artefact, parameter, unit
        Names of segmenter and artefact, and parameter and unit of the intensity.
    direction
        1 for larger intensities, -1 for smaller ones.
    neutral
        Neutral intensity of the artefact, whether or not it ran; ``clean`` is its measurement where the artefact is
        clean there.
    nearest, end
        Nearest and farthest intensity with a score, seen from the neutral one.
    limit
        The limit.
    near
        Last intensity at which the score is surely above the limit, seen from the neutral one. Where there is none, the
        neutral intensity itself if it ran, else infinite against the direction (left-censored).
    far
        First intensity at which the score is surely below; infinite in the direction (right-censored) if there is none.
    interpolated
        Intensity at which straight lines between the means, over the artefact's own scale, cross the limit; within the
        bracket, and no more than that.
        NaN without a score. Infinite in the direction where no mean is below the limit, against it where the mean is
        below at the nearest intensity and the neutral one did not run.
    gaps
        Pairs of neighbouring intensities between which another one would make the bracket narrower.
    blocks
        Smallest number of blocks of frames that a score is based on; None without a score.
    axis
        Axis of the artefact.
    """

    segmenter: str
    artefact: str
    parameter: str
    unit: Unit
    direction: int
    neutral: float
    nearest: float
    end: float
    limit: Limit
    near: float
    far: float
    interpolated: float
    gaps: tuple[tuple[float, float], ...] = ()
    blocks: int | None = None
    axis: Axis = field(default_factory=lambda: Axis(None))

    @property
    def broken_at_neutral(self) -> bool:
        """Whether the score is surely below at the neutral intensity, by a side effect such as a stretch."""
        return self.near == self.far == self.neutral

    @property
    def left_censored(self) -> bool:
        """Whether nothing surely holds at the nearest intensity that ran, and the neutral one did not run."""
        return self.direction * self.near == -inf and self.nearest != self.neutral

    @property
    def right_censored(self) -> bool:
        """Whether the score is surely below nowhere."""
        return self.direction * self.far == inf

    @property
    def undefined(self) -> bool:
        """Whether there is no score, or no clean one for a limit that depends on it."""
        return isnan(self.interpolated)


_located: WeakKeyDictionary[Results, dict[str, Mapping[str, tuple[BreakPoint, ...]]]] = WeakKeyDictionary()


def break_points(results: Results, metric: str = "jaccard") -> Mapping[str, tuple[BreakPoint, ...]]:
    """Break-points of each segmenter except the background, by its name; computed once for all reports.

    For each artefact and direction the absolute limit's, then the one of the segmenter's own clean score; a limit that
    depends on clean scores needs them. Of another score than the Jaccard score, which is the one that a user gives, the
    absolute limit is 90 % of the best clean one.
    """
    located = _located.setdefault(results, {})
    if metric not in located:
        located[metric] = _locate_all(results, metric)
    return located[metric]


def _locate_all(results: Results, metric: str) -> dict[str, tuple[BreakPoint, ...]]:
    curves = _Curves(results, metric)
    floor = _floor(results.run.settings.floor if metric == "jaccard" else None, curves)
    return {name: tuple(_of_segmenter(results, curves, name, floor)) for name in curves.names if name != REFERENCE}


class _Curves:
    """Sum and number of a metric's scores on each frame, by segmenter and condition."""

    def __init__(self, results: Results, metric: str) -> None:
        self.order = results.frame_order
        groups = results.records.groupby(["segmenter", "artefact", "intensity"])
        keys = list(groups.size().index)
        self._places = {key: number for number, key in enumerate(keys)}
        self._sums = results.score_sums(results.records, groups.ngroup().to_numpy(), metric)
        self._results, self._metric = results, metric
        self._beside: dict[str, _Curves] = {}
        self.names = list(dict.fromkeys(str(name) for name, _, _ in keys))

    def levels(self, name: str, artefact: str, info: ArtefactInfo) -> list[float]:
        """Intensities of an artefact at which a segmenter has scores, the neutral one where clean patches are it."""
        ran = [level for one, other, level in self._places if (one, other) == (name, artefact)]
        starts_clean = info.is_clean_at_neutral and self.clean(name) is not None and info.neutral not in ran
        return [info.neutral, *ran] if ran and starts_clean else ran

    def sums(self, name: str, artefact: str, intensity: float) -> Floats:
        """Sum and number of each frame's scores, (frames, 2); where none ran, of the artefact's patches as they are."""
        key = name, artefact, intensity
        return self._sums[self._places[key]] if key in self._places else self._clean_sums(name, artefact)

    def _clean_sums(self, name: str, artefact: str) -> Floats:
        if artefact not in self._beside:
            self._beside[artefact] = _Curves(self._results.clean_beside(artefact), self._metric)
        return self._beside[artefact].sums(name, CLEAN, 0.0)

    def clean(self, name: str) -> Floats | None:
        """The same of the clean patches; None if they did not run, or have no score."""
        place = self._places.get((name, CLEAN, 0.0))
        return None if place is None or not self._sums[place][:, 1].any() else self._sums[place]

    def clean_mean(self, name: str) -> float:
        """Mean score on clean patches; NaN if there is none."""
        clean = self.clean(name)
        return nan if clean is None else float(clean[:, 0].sum() / clean[:, 1].sum())


def _floor(given: float | None, curves: _Curves) -> Limit | None:
    if given is not None:
        return Limit(given)
    means = {name: curves.clean_mean(name) for name in curves.names if name != REFERENCE}
    means = {name: mean for name, mean in means.items() if not isnan(mean)}
    if not means:
        return None
    best = max(means, key=lambda name: means[name])
    return Limit(BREAK_RATIO * means[best], best)


def _of_segmenter(results: Results, curves: _Curves, name: str, floor: Limit | None) -> Iterator[BreakPoint]:
    limits = [] if floor is None else [floor]
    if curves.clean(name) is not None:
        limits.append(Limit(BREAK_RATIO * curves.clean_mean(name), name, is_absolute=False))
    for artefact in results.single_artefacts:
        info, unit = results.run.artefacts[artefact], results.run.unit(artefact)
        for side in info.axis.directions(curves.levels(name, artefact, info)):
            for limit in limits:
                yield _locate(curves, name, artefact, unit=unit, info=info, side=side, limit=limit)


def _locate(
    curves: _Curves, name: str, artefact: str, *, unit: Unit, info: ArtefactInfo, side: Side, limit: Limit
) -> BreakPoint:
    scores = np.stack([curves.sums(name, artefact, level) for level in side.intensities])
    clean = curves.clean(limit.best) if limit.best else None
    level = BREAK_RATIO if limit.best else limit.score
    found = locate_crossing(scores, curves.order, side.distances, level, clean)
    scored = [x for x, sums in zip(side.intensities, scores, strict=True) if sums[:, 1].any()] or side.intensities
    return BreakPoint(
        segmenter=name,
        artefact=artefact,
        parameter=info.parameter,
        unit=unit,
        direction=side.direction,
        neutral=info.neutral,
        nearest=scored[0],
        end=scored[-1],
        limit=limit,
        near=side.at(found.near),
        far=side.at(found.far),
        interpolated=side.at(found.value),
        gaps=tuple((side.at(one), side.at(other)) for one, other in found.gaps),
        blocks=found.blocks,
        axis=info.axis,
    )
