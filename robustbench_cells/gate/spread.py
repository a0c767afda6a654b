"""What several seeds of one recipe score on the same patches: the spread that retraining alone gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isclose

import numpy as np

from robustbench_cells.gate.floors import LEAST
from robustbench_cells.gate.moderation import PriorVariance, common_variance
from robustbench_cells.results.axes import Axis
from robustbench_cells.results.curves import axis_mean
from robustbench_cells.results.tables import Results

MIN_SEEDS = 3  # two say next to nothing of a spread
_ROUNDING = 1e-9  # two networks differ by more, on whatever frames

Condition = tuple[str, float]  # artefact and intensity
Means = Mapping[Condition, float]


def condition_means(results: Results, model: str) -> dict[Condition, float]:
    """Mean Jaccard of a model under each condition that ran."""
    rows = results.records[results.records["segmenter"] == model]
    means = rows.groupby(["artefact", "intensity"])["jaccard"].mean()
    keys = means.index.to_frame(index=False).itertuples(index=False, name=None)
    return {(str(artefact), float(level)): float(mean) for (artefact, level), mean in zip(keys, means, strict=True)}


def axis_value(means: Means, artefact: str, intensities: Sequence[float], axis: Axis) -> float:
    """Mean score over an axis, from those of its conditions; of one intensity alone, the score there."""
    return float(axis_mean(np.array([means[artefact, level] for level in intensities]), axis.positions(intensities)))


def are_alike(one: Means, other: Means) -> bool:
    """Whether two networks score the same under every condition that both have, so that they are one."""
    common = one.keys() & other.keys()
    return bool(common) and all(isclose(one[key], other[key], abs_tol=_ROUNDING) for key in common)


@dataclass(frozen=True, eq=False)
class Spread:
    """Mean Jaccard of each seed of a recipe under each condition.

    Attributes
    ----------
    digests
        Digest of each network.
    means
        Scores of each network, in the same order.
    of_artefact
        Axis of each artefact; a linear one where it is not named.
    """

    digests: Sequence[str]
    means: Sequence[Means]
    of_artefact: Mapping[str, Axis] = field(default_factory=dict)

    def values(self, artefact: str, intensities: Sequence[float]) -> list[float]:
        """Value of each seed on an axis, or under one condition."""
        return [self.value(one, artefact, intensities) for one in self.means]

    def value(self, means: Means, artefact: str, intensities: Sequence[float]) -> float:
        """The same of other means, such as those of the model in use."""
        return axis_value(means, artefact, intensities, self.of_artefact.get(artefact, Axis(None)))

    @cached_property
    def conditions(self) -> set[Condition]:
        """Conditions that every seed has."""
        return set.intersection(*(set(one) for one in self.means))

    @cached_property
    def axes(self) -> dict[str, list[float]]:
        """Intensities of each axis that every seed has, ascending."""
        axes: dict[str, list[float]] = {}
        for artefact, level in sorted(self.conditions):
            axes.setdefault(artefact, []).append(level)
        return axes

    @cached_property
    def of_axes(self) -> PriorVariance:
        """What the variances of the axes have in common."""
        return self._common([(artefact, levels) for artefact, levels in self.axes.items()])

    @cached_property
    def of_conditions(self) -> PriorVariance:
        """What the variances of the conditions have in common."""
        return self._common([(artefact, [level]) for artefact, levels in self.axes.items() for level in levels])

    def _common(self, axes: Sequence[tuple[str, Sequence[float]]]) -> PriorVariance:
        """Over what is not at the floor, where seeds cannot differ."""
        values = np.array([self.values(*axis) for axis in axes])
        above = values[values.mean(axis=1) >= LEAST]
        return common_variance((above if len(above) else values).var(axis=1, ddof=1), len(self.means) - 1)
