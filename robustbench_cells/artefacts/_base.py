"""Contract and registry of artefacts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from robustbench_cells.registry import Registry
from robustbench_cells.types import PATCHES_PER_FRAME, Image, Labels


def rescale(image: Image) -> Image:
    """Stretch grey levels linearly to [0, 255] (min–max), without rounding.

    A flat image has no contrast to stretch: it stays flat, clipped to [0, 255].
    """
    darkest, brightest = np.float32(image.min()), np.float32(image.max())
    span = brightest - darkest
    # float32 cannot divide by a subnormal span: such an image counts as flat.
    if span <= np.finfo(np.float32).tiny:
        return np.clip(image, 0, 255).astype(np.float32)
    return np.clip((image - darkest) / span * np.float32(255), 0, 255).astype(np.float32)


class Artefact(Protocol):
    """A degradation of a microscope image at a physical intensity: one class per file.

    Subclass it, set the attributes and implement `distort`; override `view_side` and `patches_per_frame` only for an
    artefact that changes the geometry.

    Attributes
    ----------
    name
        Name in test ids and tables.
    version
        Number to increase whenever the same random key would give other pixels.
    parameter, unit
        Name of the intensity and its physical unit.
    neutral
        Intensity without effect (up to the rescaling that the class documents).
    grids
        Intensities of each profile; ``default`` is required and serves the profiles that are missing.
    """

    name: str
    version: int
    parameter: str
    unit: str
    neutral: float
    grids: Mapping[str, Sequence[float]]

    @abstractmethod
    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """Apply the artefact to an image and its labels.

        Parameters
        ----------
        image, labels
            View of the frame, (S, T): square in the benchmark, any shape elsewhere. Must not be modified.
        intensity
            Strength in units of `unit`.
        rng
            Generator of this patch; the draws must not depend on the intensity.

        Returns
        -------
        tuple
            float32 image in [0, 255] and int32 labels, both of the patch's shape, transformed together.

        Raises
        ------
        ValueError
            If the intensity is out of range.
        """
        ...

    def steps(self, intensity: float) -> Sequence[tuple[Artefact, float]]:
        """List the artefacts applied in turn, with their intensities: this one alone, unless combined."""
        return ((self, intensity),)

    def view_side(self, intensity: float, side: int) -> int:
        """Compute the side, in pixels, of the square to cut from the frame for a patch of ``side`` pixels."""
        return side

    def patches_per_frame(self, intensity: float, frame_shape: tuple[int, int], max_patches: int) -> int:
        """Compute how many patches to cut from a frame of this shape; ``max_patches`` is the profile's cap."""
        return PATCHES_PER_FRAME

    def grid(self, profile: str) -> tuple[float, ...]:
        """List the intensities of a profile."""
        return tuple(self.grids.get(profile, self.grids["default"]))


ARTEFACTS: Registry[Artefact] = Registry(
    "robustbench_cells.artefacts", "artefact", Artefact, "robustbench_cells.artefacts"
)
