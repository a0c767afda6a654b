"""Exposure of a camera."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class Exposure(PhysicalArtefact):
    """Exposure: multiplies the light, and clips at white.

    ``g' = clip(2ˢ g, 0, 255)``, alike in every channel. The intensity s is in stops (exposure values, ISO 2720): each
    doubles the light or the exposure time, below 0 halves it, and 0 is neutral. Each pixel departs monotonically in
    either direction. Grey levels count as proportional to light, and 0 as no light (see ``pedestal``). Not modelled:
    the noise of fewer photons (see ``shot_noise`` and ``bleaching``), rounding of the few grey levels that are left,
    and blooming. Random numbers play no part.
    """

    name = "exposure"
    version = 1
    parameter = "gain"
    unit = "stops"
    neutral = 0.0
    bounds = (-16.0, 16.0)
    grids = {"full": (-4, -2, -1, -0.5, 0.25, 0.5, 0.75, 1), "default": (-2, -1, 0.5, 1), "quick": (0.5,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return image * np.float32(2.0**intensity)
