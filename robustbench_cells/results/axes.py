"""The axis of an artefact: its intensities on their scale, seen from the neutral one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isinf, log10

from robustbench_cells.types import Scale


@dataclass(frozen=True)
class Axis:
    """Scale of an artefact's intensities.

    Attributes
    ----------
    neutral
        Intensity without effect; None where every intensity has one, as under a combined artefact. On a logarithmic
        scale it may be 0 or infinity, which lie beyond it.
    scale
        ``linear`` or ``log``.
    is_clean_at_neutral
        Whether the condition ``clean`` is the measurement at the neutral intensity.
    """

    neutral: float | None
    scale: Scale = "linear"
    is_clean_at_neutral: bool = False

    def positions(self, intensities: Sequence[float]) -> Sequence[float]:
        """Places on the scale; areas are computed over them."""
        return [log10(x) for x in intensities] if self.scale == "log" else intensities

    def holds(self, intensity: float) -> bool:
        """Whether an intensity has a place on the scale."""
        return self.scale == "linear" or 0 < intensity < inf

    def directions(self, intensities: Collection[float]) -> list[Side]:
        """Directions away from the neutral intensity in which there is any other, upwards first."""
        if self.neutral is None:
            return []
        neutral, sides = self.neutral, []
        for way in (1, -1):
            levels = sorted((x for x in intensities if way * x >= way * neutral), reverse=way < 0)
            if any(x != neutral for x in levels):
                sides.append(Side(self, neutral, way, tuple(levels)))
        return sides


@dataclass(frozen=True)
class Side:
    """The intensities in one direction from the neutral one, nearest first.

    Attributes
    ----------
    axis
        The axis.
    neutral
        Its neutral intensity.
    direction
        1 for larger intensities, -1 for smaller ones.
    intensities
        The neutral one too, if it is among those that were given.
    """

    axis: Axis
    neutral: float
    direction: int
    intensities: tuple[float, ...]

    @cached_property
    def distances(self) -> list[float]:
        """Distances of the intensities from the neutral one along the scale, ascending.

        A neutral intensity beyond the scale counts as one step of the grid before the nearest of the others.
        """
        if self.axis.scale == "linear":
            return [abs(x - self.neutral) for x in self.intensities]
        return [0.0 if x == self.neutral else abs(log10(x) - self._origin) for x in self.intensities]

    def at(self, distance: float) -> float:
        """The intensity at a distance; infinite for an infinite one."""
        places = dict(zip(self.distances, self.intensities, strict=True))
        if distance in places or isinf(distance):
            return places.get(distance, self.direction * distance)
        if self.axis.scale == "linear":
            return self.neutral + self.direction * distance
        return float(10 ** (self._origin + self.direction * distance))

    @cached_property
    def _origin(self) -> float:
        """Place of the neutral intensity on a logarithmic scale."""
        if 0 < self.neutral < inf:
            return log10(self.neutral)
        nearest, *others = [log10(x) for x in self.intensities if x != self.neutral]
        step = abs(others[0] - nearest) if others else 1.0
        return nearest - self.direction * step
