"""Bit depth of a digitiser."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class BitDepth(PhysicalArtefact):
    """Bit depth: rounds grey levels to the nearest of a few, which are evenly spaced from black to white.

    ``g' = round(g / q) q`` with a step of ``q = 255 / (2ᵇ - 1)`` grey levels, in each channel. The intensity b is the
    number of bits, a whole one; 8 are neutral, and leave a frame of more bits as it is. The rounding error of a
    detailed image is uniform, with a variance of ``q² / 12`` (Bennett 1948, Bell System Technical Journal 27, 446-472).
    Not modelled: dither, and steps of unequal size. Random numbers play no part.
    """

    name = "bit_depth"
    version = 1
    parameter = "depth"
    unit = "bits"
    neutral = 8.0
    bounds = (1.0, 8.0)
    grids = {"full": (1, 2, 3, 4, 5, 6)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        steps = np.float32(2**intensity - 1)
        return np.rint(image * (steps / 255)) * 255 / steps

    def require_meaningful(self, intensity: float) -> None:
        """See `PhysicalArtefact.require_meaningful`; bits are whole."""
        super().require_meaningful(intensity)
        if intensity % 1:
            raise ValueError(f"{self.parameter} {intensity:g}: must be a whole number of {self.unit}")
