"""Read noise of a camera."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class ReadNoise(PhysicalArtefact):
    """Read noise: adds to each pixel a Gaussian number of mean 0, whatever its brightness, and clips.

    ``g' = clip(g + sigma n, 0, 255)`` with ``n ~ N(0, 1)``, independent in each pixel and channel. The intensity is the
    standard deviation sigma in grey levels; it scales one field per patch, so that each pixel departs monotonically.
    The amplifier and the digitiser add such noise, and it decides in dim images (EMVA Standard 1288, release 4.0,
    section 2.2). Not modelled: fixed patterns (see ``stripe_noise``), and the heavier tail of some sCMOS pixels.
    """

    name = "read_noise"
    version = 1
    parameter = "sigma"
    unit = "grey levels"
    neutral = 0.0
    grids = {"full": (2, 5, 10, 15, 20, 30, 50, 80), "default": (10, 20, 30, 50), "quick": (30,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return image + np.float32(intensity) * rng.standard_normal(image.shape, dtype=np.float32)
