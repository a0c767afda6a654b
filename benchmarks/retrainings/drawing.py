"""Networks drawn at random that differ as the real equal ones do: between seeds, and from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, sqrt
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.retrainings.networks import EQUAL
from benchmarks.retrainings.scores import KEPT, read_networks, read_run
from benchmarks.retrainings.spread import conditions_of_frames
from robustbench_cells.results.curves import axis_mean
from robustbench_cells.results.intervals import BLOCK, Floats, Ints
from robustbench_cells.types import CLEAN

Tails = Literal["normal", "real"]
_COPIES = (("cell_size", 1.0), ("noise", 0.0))  # the patches of `clean`, and of `illumination-0`
_SMOOTHING = 0.3  # share of the standard deviation of a real effect that is drawn as normal


@dataclass(frozen=True, eq=False)
class Effects:
    """What real networks of one recipe score.

    Attributes
    ----------
    conditions
        Artefact and intensity of each condition, `clean` first.
    means
        Mean Jaccard over all networks, (conditions,).
    of_seeds
        Deviation of each network from it on all frames, (networks, conditions).
    of_frames
        What is left on each frame, (networks, frames, conditions), with zero mean over networks and over frames.
    common
        Mean correlation between seeds of one axis with another.
    """

    conditions: list[tuple[str, float]]
    means: Floats
    of_seeds: Floats
    of_frames: Floats
    common: float

    @classmethod
    def read(cls, frames: str, kept: Path = KEPT) -> Effects:
        """Take them from the equal networks that are kept."""
        networks = read_networks(kept)
        names = [str(name) for name in networks.loc[networks["kind"] == EQUAL, "name"]]
        tables = [conditions_of_frames(read_run(frames, name, kept)) for name in names]
        conditions = sorted(((str(a), float(x)) for a, x in tables[0].columns), key=lambda one: (one[0] != CLEAN, one))
        scores = np.array([table[conditions].to_numpy(float) for table in tables])
        networks_means = scores.mean(axis=1)
        means = networks_means.mean(axis=0)
        left = scores - networks_means[:, None] - scores.mean(axis=0) + means
        axes = networks_means @ _axis_weights(conditions).T
        correlations = np.corrcoef(axes.T)[np.triu_indices(axes.shape[1], 1)]
        return cls(conditions, means, networks_means - means, left, float(max(0.0, correlations.mean())))


@dataclass(frozen=True, eq=False)
class Drawn:
    """Networks of many simulated gates: the seeds, that in use first, then the candidate.

    Attributes
    ----------
    means
        Mean score of each network on all frames, (gates, networks, conditions).
    differences
        Candidate less the model in use, on each frame, (gates, frames, conditions).
    """

    means: Floats
    differences: Floats


@dataclass(frozen=True, eq=False)
class World:
    """A grid of as many axes as one likes, made of the real artefacts.

    The real artefacts come again and again; each time they are drawn anew, with the mean correlation between real axes.

    Attributes
    ----------
    effects
        What real networks score.
    axes
        Number of axes, `clean` among them.
    tails
        ``normal``: seeds have normal effects with the covariance of the real ones. ``real``: each is one of the real
        ones, hardly smoothed, so that the one in eight that lies far off does so in one simulated network of eight.
    """

    effects: Effects
    axes: int
    tails: Tails = "normal"

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """Turn and number of the real condition, for each condition."""
        names = list(dict.fromkeys(artefact for artefact, _ in self.effects.conditions if artefact != CLEAN))
        wanted = [(0, CLEAN)] + [(number // len(names), names[number % len(names)]) for number in range(self.axes - 1)]
        return [
            (turn, column)
            for turn, artefact in wanted
            for column, (one, _) in enumerate(self.effects.conditions)
            if one == artefact
        ]

    @cached_property
    def conditions(self) -> list[tuple[str, float]]:
        """Name of each artefact with its turn, and intensity."""
        real = self.effects.conditions
        return [(f"{real[column][0]} {turn}", real[column][1]) for turn, column in self._places]

    @cached_property
    def weights(self) -> Floats:
        """Weight of each condition on each axis, (axes, conditions)."""
        return _axis_weights(self.conditions)

    @cached_property
    def judged(self) -> Floats:
        """Whether each condition is judged by the guard: once where others have the same patches."""
        return np.array([self.effects.conditions[column] not in _COPIES for _, column in self._places])

    @cached_property
    def spreads(self) -> Floats:
        """True standard deviation between seeds of each axis, (axes,)."""
        columns = [column for _, column in self._places]
        return np.std(self.effects.of_seeds[:, columns] @ self.weights.T, axis=0, ddof=1)

    def draw(self, gates: int, seeds: int, frames: int, rng: np.random.Generator) -> Drawn:
        """Draw the networks of so many gates."""
        real, networks = len(self.effects.of_seeds), seeds + 1
        length, count = 2 * BLOCK, self.effects.of_frames.shape[1]
        starts = rng.integers(count, size=(gates, ceil(frames / length), 1))
        shown = ((starts + np.arange(length)).reshape(gates, -1)[:, :frames] % count).astype(np.int64)
        times = np.zeros((gates, count))
        np.add.at(times, (np.arange(gates)[:, None], shown), 1 / frames)
        of_frames = self.effects.of_frames * sqrt(real / (real - 1))
        on_shown = np.einsum("gf,nfc->gnc", times, of_frames)
        means, differences = [], []
        turns = 1 + max(turn for turn, _ in self._places)
        effects = self._seed_effects(gates, networks, turns, rng)
        for turn in range(turns):
            columns = [column for one, column in self._places if one == turn]
            source = rng.permuted(np.tile(np.arange(real), (gates, ceil(networks / real))), axis=1)[:, :networks]
            source[:, -1] = (source[:, 0] + rng.integers(1, real, size=gates)) % real  # never that of the model in use
            sign = rng.choice([-1.0, 1.0], size=(gates, networks, 1))
            of_networks = effects[:, :, turn] + sign * np.take_along_axis(on_shown, source[:, :, None], axis=1)
            means.append((self.effects.means + of_networks)[..., columns])
            sides = [sign[:, one, None] * of_frames[:, :, columns][source[:, one, None], shown] for one in (-1, 0)]
            seen = effects[:, -1, turn] - effects[:, 0, turn]
            differences.append(sides[0] - sides[1] + seen[:, None, columns])
        return Drawn(np.concatenate(means, axis=-1), np.concatenate(differences, axis=-1))

    def _seed_effects(self, gates: int, networks: int, turns: int, rng: np.random.Generator) -> Floats:
        """Effects of seeds on the real conditions, (gates, networks, turns, conditions)."""
        real, shape = len(self.effects.of_seeds), (gates, networks, turns, len(self.effects.of_seeds))
        together = rng.normal(size=(gates, networks, 1, real)) * sqrt(self.effects.common)
        normal = (together + sqrt(1 - self.effects.common) * rng.normal(size=shape)) / sqrt(real - 1)
        if self.tails == "normal":
            return normal @ self.effects.of_seeds
        one = np.broadcast_to(rng.integers(real, size=(gates, networks, 1)), shape[:3])
        alike = rng.random(shape[:3]) < self.effects.common
        which: Ints = np.where(alike, one, rng.integers(real, size=shape[:3]))
        scaled = self.effects.of_seeds * sqrt(real / (real - 1))
        return sqrt(1 - _SMOOTHING**2) * scaled[which] + _SMOOTHING * (normal @ self.effects.of_seeds)


def _axis_weights(conditions: list[tuple[str, float]]) -> Floats:
    """Weight of each condition on each axis, (axes, conditions), by the gate's own area."""
    rows = []
    for artefact in dict.fromkeys(name for name, _ in conditions):
        columns = [number for number, one in enumerate(conditions) if one[0] == artefact]
        levels = [conditions[number][1] for number in columns]
        row = np.zeros(len(conditions))
        row[columns] = axis_mean(np.eye(len(columns)), levels)
        rows.append(row)
    return np.array(rows)
