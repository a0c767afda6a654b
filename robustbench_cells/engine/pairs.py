"""Combined artefacts: one after the other on the same patch, one at a fixed intensity and the other swept."""

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
    """One artefact, then another one on what it left; the intensity of one is fixed, that of the other varies.

    Where the swept one is neutral the fixed one remains. Labels go through both.

    Parameters
    ----------
    first, second
        Artefacts in the order in which they act.
    fixed
        Intensity of the fixed one.
    intensities
        Intensities of the swept one.
    sweeps_first
        Whether the first one is swept, and not the second.
    """

    family = "combined"

    def __init__(
        self,
        first: Artefact,
        second: Artefact,
        fixed: float,
        intensities: Sequence[float],
        *,
        sweeps_first: bool = False,
    ) -> None:
        self.first, self.second, self.fixed = first, second, fixed
        self.sweeps_first = sweeps_first
        self.name = combined_name(first.name, second.name, fixed, sweeps_first=sweeps_first)
        self.version = 1000 * first.version + second.version
        self.parameter, self.unit, self.neutral = self.swept.parameter, self.swept.unit, self.swept.neutral
        self.scale = self.swept.scale
        self.grids = {"default": tuple(intensities)}

    @property
    def swept(self) -> Artefact:
        """The artefact whose intensity varies."""
        return self.first if self.sweeps_first else self.second

    @property
    def about(self) -> str:
        """What happens to an image, in a sentence."""
        first, second = (
            artefact.name if artefact is self.swept else f"{artefact.name} at {self.fixed:g} {artefact.unit}"
            for artefact in (self.first, self.second)
        )
        return f"{first}, then {second} on what that left."

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Artefact.distort`."""
        for artefact, level in self.steps(intensity):
            image, labels = artefact.distort(image, labels, level, rng)
        return image, labels

    def steps(self, intensity: float) -> Sequence[tuple[Artefact, float]]:
        """Both artefacts, each with its own random numbers: those that it has alone."""
        levels = (intensity, self.fixed) if self.sweeps_first else (self.fixed, intensity)
        return tuple(zip((self.first, self.second), levels, strict=True))

    def view_side(self, intensity: float, side: int) -> int:
        """See `Artefact.view_side`: what the second needs to leave a patch, and the first to leave that.

        Raises
        ------
        ValueError
            If each of them shows another part of the frame than the patch: the first leaves a patch, whatever comes
            after it.
        """
        own = [artefact.view_side(level, side) for artefact, level in self.steps(intensity)]
        if all(one != side for one in own):
            raise ValueError(
                f"{self.first.name} and {self.second.name} both choose how much of the frame a patch shows; combine "
                "each with an artefact that leaves that as it is"
            )
        return next((one for one in own if one != side), side)

    def patches_per_frame(self, intensity: float, frame_shape: tuple[int, int], max_patches: int) -> int:
        """See `Artefact.patches_per_frame`: as many as the one that takes more."""
        return max(
            artefact.patches_per_frame(level, frame_shape, max_patches) for artefact, level in self.steps(intensity)
        )

    @property
    def parts(self) -> dict[str, Any]:
        """The two artefacts and the fixed intensity, as in the manifest."""
        parts = {"first": self.first.name, "intensity": self.fixed, "second": self.second.name}
        return {**parts, "sweeps_first": self.sweeps_first}


def combined_name(first: str, second: str, fixed: float, *, sweeps_first: bool) -> str:
    """The name of two artefacts at once, with the fixed intensity at the one that has it: ``vignetting-40+noise``."""
    return f"{first}+{second}-{fixed:g}" if sweeps_first else f"{first}-{fixed:g}+{second}"


def combined_artefacts(profile: str) -> list[CombinedArtefact]:
    """The combined artefacts of a profile, one for each intensity of the first."""
    return [
        CombinedArtefact(ARTEFACTS.get(first), ARTEFACTS.get(second), float(fixed), _SECOND[profile])
        for first, second in _PAIRS
        for fixed in _FIRST.get(profile, ())
    ]
