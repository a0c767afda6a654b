"""Contract and registry of artefacts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Protocol

import numpy as np
import numpy.typing as npt

from robustbench_cells.registry import Registry
from robustbench_cells.types import PATCHES_PER_FRAME, Image, Labels, Scale

_FAMILIES = f"{__package__}."  # of our own: the folders of this package


class Artefact(Protocol):
    """A degradation of a microscope image at a physical intensity: one class per file.

    Subclass it, set the attributes and implement `distort`; override `view_side` and `patches_per_frame` only for an
    artefact that changes the geometry. What an instrument does is a `PhysicalArtefact`.

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
    scale
        Scale of the intensity, ``linear`` or ``log``, on which curves are drawn, areas computed and break-points
        interpolated.
    is_clean_at_neutral
        Whether the neutral intensity gives the image back bit for bit, so that ``clean`` is its measurement.
    """

    name: str
    version: int
    parameter: str
    unit: str
    neutral: float
    grids: Mapping[str, Sequence[float]]
    scale: Scale = "linear"
    is_clean_at_neutral: bool = False

    @property
    def family(self) -> str:
        """Name of the group that it belongs to: the folder of one of our own, else ``other``; set it to choose one."""
        folder, dot, _ = type(self).__module__.removeprefix(_FAMILIES).partition(".")
        return folder if dot and type(self).__module__.startswith(_FAMILIES) else "other"

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
        """List the intensities of a profile; empty for an artefact that is not in it."""
        return tuple(self.grids.get(profile, self.grids["default"]))


class PhysicalArtefact(Artefact):
    """What an instrument, a specimen or a file does to an image, in physical units and with nothing stretched.

    A subclass sets the attributes and implements `degrade`, or `transform` where pixels move. This class does what is
    alike for all: it refuses intensities without meaning, gives copies back at the neutral intensity, and clips the
    result to [0, 255], as a camera does, in float32 and without rounding.

    - Images are (H, W), or (H, W, C) with channels last; labels are (H, W). Optics and geometry act alike in every
      channel, camera noise is independent in each, and light acts by channel or alike, as the class documents.
    - Any shape works: not square, a single row, flat.
    - Random numbers are drawn before the intensity is looked at, and the same draws serve every intensity. So the mean
      absolute change of an image does not fall as the intensity departs from the neutral one, unless pixels move. A
      class that promises more (each pixel by itself) documents it.
    - The docstring gives formula, unit and source, and what is not modelled.

    Attributes
    ----------
    neutral
        Intensity that gives the image back bit for bit. It may lie beyond a logarithmic scale: 0 for specks per
        megapixel, infinity for photo-electrons. No grid holds it, since the condition ``clean`` is its measurement:
        curves start there, and break-points are interpolated from there. Where it lies beyond the scale, it counts as
        one step of the grid before the mildest intensity.
    grids
        Intensities of each profile, ascending: ``full`` is required, ``default`` a part of it, and ``quick`` of that.
        A profile that is missing does not have the artefact.
    bounds
        Lowest and highest intensity that has a meaning, both included (but not infinity, nor 0 on a logarithmic scale).
        The neutral one always has.
    """

    bounds: tuple[float, float] = (0.0, inf)
    is_clean_at_neutral = True

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Artefact.distort`; images may have channels, (H, W, C)."""
        self.require_meaningful(intensity)
        if intensity == self.neutral:
            return image.copy(), labels.copy()
        degraded, left = self.transform(image, labels, intensity, rng)
        return np.clip(degraded, 0, 255).astype(np.float32, copy=False), left

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> npt.NDArray[np.floating]:
        """Compute the degraded image of the same shape; its values need no clipping.

        Parameters
        ----------
        image
            float32, (H, W) or (H, W, C), grey levels in [0, 255]. Must not be modified.
        intensity
            Strength in units of `unit`: has a meaning, and is not the neutral one.
        rng
            Generator of this patch; the draws must not depend on the intensity.
        """
        raise NotImplementedError(f"{self.name}: implement degrade, or transform where pixels move")

    def transform(
        self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.floating], Labels]:
        """Degrade the image, and copy the labels; override it where pixels move, and move the labels along.

        Labels of pixels that no score counts (below 0) move as all others do.
        """
        return self.degrade(image, intensity, rng), labels.copy()

    def require_meaningful(self, intensity: float) -> None:
        """Refuse an intensity without meaning: by `bounds`; override it to demand more, such as whole numbers.

        Raises
        ------
        ValueError
            If it has none; the message names the parameter.
        """
        low, high = self.bounds
        beyond_scale = self.scale == "log" and intensity <= 0
        if intensity == self.neutral or (isfinite(intensity) and low <= intensity <= high and not beyond_scale):
            return
        least = f"above {low:g}" if self.scale == "log" and low == 0 else f"{low:g} or more"
        meant = f"from {low:g} to {high:g}" if high < inf else least
        raise ValueError(f"{self.parameter} {intensity:g}: must be finite and {meant} ({self.unit})")

    def grid(self, profile: str) -> tuple[float, ...]:
        """List the intensities of a profile; empty where `grids` has none for it."""
        return tuple(self.grids.get(profile, ()))


ARTEFACTS: Registry[Artefact] = Registry(
    "robustbench_cells.artefacts", "artefact", Artefact, "robustbench_cells.artefacts"
)
