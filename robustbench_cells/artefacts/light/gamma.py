"""A tone curve between light and grey level."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class Gamma(PhysicalArtefact):
    """Gamma: a power law between light and grey level, as display and camera software apply.

    ``g' = 255 (g / 255)^gamma``, in each channel by itself. The intensity is the exponent: above 1 the mid-tones
    darken, below 1 they brighten; black and white stay. Each pixel departs monotonically in both directions. Source:
    IEC 61966-2-1 (sRGB; its curve is close to an exponent of 1/2.2 = 0.45). Not modelled: the straight part of sRGB's
    curve near black, and rounding before the curve is applied (see ``bit_depth``).
    """

    name = "gamma"
    version = 1
    parameter = "gamma"
    unit = "exponent"
    neutral = 1.0
    scale = "log"
    grids = {"full": (0.2, 0.33, 0.5, 0.7, 1.5, 2, 3, 5), "default": (0.33, 0.5, 2, 3)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        white = np.float32(255)
        return (image / white) ** np.float32(intensity) * white
