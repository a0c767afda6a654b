"""What an artefact is, and the registry of artefacts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from robustbench_cells.registry import Registry
from robustbench_cells.types import PATCHES_PER_FRAME, Image, Labels


def rescale(image: Image) -> Image:
    """Stretch grey levels linearly so that the darkest is 0 and the brightest 255; no rounding.

    A flat image has no contrast to stretch: it stays flat, clipped to [0, 255].
    """
    darkest, brightest = np.float32(image.min()), np.float32(image.max())
    span = brightest - darkest
    # A span that float32 cannot divide by is flat for every purpose.
    if span <= np.finfo(np.float32).tiny:
        return np.clip(image, 0, 255).astype(np.float32)
    return np.clip((image - darkest) / span * np.float32(255), 0, 255).astype(np.float32)


class Artefact(Protocol):
    """A way in which a microscope image drifts, at a physical intensity. One file, one class.

    Subclass it, set the attributes, write `distort`; override `view_side` and `patches_per_frame` only for an artefact
    that changes the geometry.

    Attributes
    ----------
    name
        As in test ids and tables.
    version
        Raise it whenever the same key gives other pixels.
    parameter, unit
        What the intensity is called, and its physical unit.
    neutral
        The intensity that does nothing (up to the rescaling that the class documents).
    grids
        Intensities of each profile. ``default`` must be there; a profile that is not takes ``default``.
    """

    name: str
    version: int
    parameter: str
    unit: str
    neutral: float
    grids: Mapping[str, Sequence[float]]

    @abstractmethod
    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """The image and its labels as this artefact leaves them.

        Parameters
        ----------
        image, labels
            A view, (S, T): square in the benchmark, any shape elsewhere. Neither is changed.
        intensity
            In `unit`.
        rng
            This patch's own; the draws must not depend on the intensity.

        Returns
        -------
        tuple
            float32 image in [0, 255] and int32 labels, both of the patch's shape, transformed together.

        Raises
        ------
        ValueError
            If the intensity has no meaning.
        """
        ...

    def steps(self, intensity: float) -> Sequence[tuple[Artefact, float]]:
        """The artefacts that are applied one after the other, with their intensities: mostly this one alone."""
        return ((self, intensity),)

    def view_side(self, intensity: float, side: int) -> int:
        """Side in pixels of the square that is cut from the frame for a patch of ``side`` pixels."""
        return side

    def patches_per_frame(self, intensity: float, frame_shape: tuple[int, int], most: int) -> int:
        """Patches to cut from a frame of this shape; ``most`` is the profile's cap."""
        return PATCHES_PER_FRAME

    def grid(self, profile: str) -> tuple[float, ...]:
        """The intensities of a profile."""
        return tuple(self.grids.get(profile, self.grids["default"]))


ARTEFACTS: Registry[Artefact] = Registry(
    "robustbench_cells.artefacts", "artefact", Artefact, "robustbench_cells.artefacts"
)
