"""Combined artefacts: one after the other on the same patch, which the paper leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact
from robustbench_cells.types import Image, Labels

_PAIRS = (("illumination", "noise"),)  # light falls on the sample before the camera adds its noise
# Far below the single ranges: the spot takes the contrast, and the noise is added to what is left of it.
_FIRST: Mapping[str, Sequence[float]] = {"default": (300, 1000), "full": (300, 1000), "paper": (100, 300, 1000, 3000)}
_SECOND: Mapping[str, Sequence[float]] = {"default": (10, 30), "full": (10, 30), "paper": (10, 30, 50, 100)}


class CombinedArtefact(Artefact):
    """One artefact at a fixed intensity, then another one, whose intensity varies.

    Where the second is neutral the first remains. Neither changes the geometry.

    Parameters
    ----------
    first, fixed
        First artefact, and its intensity.
    second
        Second artefact.
    intensities
        Intensities of the second.
    """

    family = "combined"

    def __init__(self, first: Artefact, fixed: float, second: Artefact, intensities: Sequence[float]) -> None:
        self.first, self.fixed, self.second = first, fixed, second
        self.name = f"{first.name}-{fixed:g}+{second.name}"
        self.version = 1000 * first.version + second.version
        self.parameter, self.unit, self.neutral = second.parameter, second.unit, second.neutral
        self.scale = second.scale
        self.grids = {"default": tuple(intensities)}

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Artefact.distort`."""
        for artefact, level in self.steps(intensity):
            image, labels = artefact.distort(image, labels, level, rng)
        return image, labels

    def steps(self, intensity: float) -> Sequence[tuple[Artefact, float]]:
        """Both artefacts, each with its own random numbers, so that light and noise are those of the single ones."""
        return ((self.first, self.fixed), (self.second, intensity))

    @property
    def parts(self) -> dict[str, Any]:
        """The two artefacts and the fixed intensity, as in the manifest."""
        return {"first": self.first.name, "intensity": self.fixed, "second": self.second.name}


def combined_artefacts(profile: str) -> list[CombinedArtefact]:
    """The combined artefacts of a profile, one for each intensity of the first."""
    return [
        CombinedArtefact(ARTEFACTS.get(first), float(fixed), ARTEFACTS.get(second), _SECOND[profile])
        for first, second in _PAIRS
        for fixed in _FIRST.get(profile, ())
    ]
