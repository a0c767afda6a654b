"""Gaussian blur."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.optics._base import convolve_gaussian
from robustbench_cells.types import Image


@ARTEFACTS.register
class Blur(PhysicalArtefact):
    """Gaussian blur: convolves with a Gaussian point spread function of standard deviation sigma, in pixels.

    ``g' = g * h`` with ``h(x, y) ~ exp(-(x² + y²) / (2 sigma²))``, sampled at pixel centres, cut at 4 sigma and of unit
    sum; borders are mirrored. It adds to the blur that the image has: two Gaussians add their variances. To within 3 %
    of its peak, an Airy disk is a Gaussian of sigma 0.21 wavelength / NA (compare Zhang, Zerubia and Olivo-Marin 2007,
    Applied Optics 46, 1819). Below 0.6 px pixels do not resolve the kernel, whose variance falls short of sigma². Not
    modelled: the edge of a defocused disk (see ``defocus``), and noise, which a camera adds later.
    """

    name = "blur"
    version = 1
    parameter = "sigma"
    unit = "px"
    neutral = 0.0
    bounds = (0.0, 100.0)
    grids = {"full": (0.7, 1, 1.5, 2, 3, 4, 6, 8), "default": (1, 2, 4), "quick": (2,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return convolve_gaussian(image, intensity)
