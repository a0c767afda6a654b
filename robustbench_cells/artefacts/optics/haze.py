"""Out-of-focus light."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.optics._base import convolve_gaussian
from robustbench_cells.types import Image

_SIGMA = 20.0  # px


@ARTEFACTS.register
class Haze(PhysicalArtefact):
    """Haze: replaces a share of the light by out-of-focus light, as in a thick specimen seen in wide field.

    ``g' = (1 - s) g + s (g * h)`` with a Gaussian h of sigma 20 px, about the size of a cell or two: light of planes
    far from focus keeps its sum and loses its detail (Conchello and Lichtman 2005, Nature Methods 2, 920). The
    intensity s is the share of all light that is out of focus, in per cent, so that contrast of fine detail falls to
    1 - s and the mean stays. Borders are mirrored. Not modelled: structures of other planes, which are taken to be like
    those in focus, and the shot noise of the haze (combine it with ``shot_noise``).
    """

    name = "haze"
    version = 1
    parameter = "share"
    unit = "%"
    neutral = 0.0
    bounds = (0.0, 100.0)
    grids = {"full": (20, 40, 60, 70, 80, 90, 95), "default": (40, 70, 90)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        share = np.float32(intensity / 100)
        return (1 - share) * image + share * convolve_gaussian(image, _SIGMA)
