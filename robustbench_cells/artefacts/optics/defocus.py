"""Defocus."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.optics._base import Floats, convolve, kernel_of_points
from robustbench_cells.types import Image

_RINGS_PER_PIXEL = 3


@lru_cache(maxsize=64)
def disk(radius: float) -> Floats:
    """Compute the kernel of a uniform disk: anti-aliased, of unit sum, with the second moment radius² / 4 per axis."""
    count = max(8, ceil(_RINGS_PER_PIXEL * radius))
    inner = np.arange(count)
    points = 4 * (2 * inner + 1)  # of each ring, whose area is in proportion
    radii = np.repeat(radius / count * np.sqrt(inner**2 + inner + 0.5), points)  # mean square of the ring
    turns = np.concatenate([(np.arange(number) + 0.5) / number for number in points])
    kernel = kernel_of_points(radii * np.sin(2 * np.pi * turns), radii * np.cos(2 * np.pi * turns))
    kernel.flags.writeable = False
    return kernel


@ARTEFACTS.register
class Defocus(PhysicalArtefact):
    """Defocus: convolves with the uniform disk that a point becomes out of focus, of this radius in pixels.

    ``g' = g * h`` with ``h = 1 / (pi r²)`` within the radius r and 0 beyond: the geometrical image of a circular pupil
    (Goodman 2005, Introduction to Fourier Optics, 3rd ed.). An objective of aperture NA in a medium of index n, at z
    from focus, gives ``r = z tan(asin(NA / n))`` on the specimen. The disk is anti-aliased, has unit sum and the second
    moment r² / 4 per axis; its rings of zeros invert the contrast of fine detail. Borders are mirrored. Not modelled:
    diffraction, which matters while r is not above an Airy disk (see ``aberration``), depth within a specimen, and the
    contrast that phase objects gain or lose out of focus.
    """

    name = "defocus"
    version = 1
    parameter = "radius"
    unit = "px"
    neutral = 0.0
    bounds = (0.0, 100.0)
    grids = {"full": (1, 2, 3, 4, 6, 8, 12, 16), "default": (2, 4, 8), "quick": (4,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return convolve(image, disk(intensity))
