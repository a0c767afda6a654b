"""Halo and shade-off of phase contrast."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.optics._base import Floats, convolve
from robustbench_cells.types import Image

_OUTER, _INNER = 0.15, 0.10  # radii of the phase ring in the pupil, cycles per px
_REACH = 64  # px


@lru_cache(maxsize=1)
def obscured_airy(outer: float, inner: float, reach: int) -> Floats:
    """Compute the diffraction pattern of a ring, of unit sum: the spread of the light that the phase ring catches.

    Parameters
    ----------
    outer, inner
        Radii of the ring in cycles per pixel: its numerical aperture over the wavelength, times the pixel's side.
    reach
        Radius in pixels at which the pattern is cut.
    """
    from scipy.special import j1  # takes long to import

    steps = np.arange(-reach, reach + 1.0)
    distance = np.hypot(steps[:, None], steps)
    distance[reach, reach] = 1e-6
    amplitude = (outer * j1(2 * np.pi * outer * distance) - inner * j1(2 * np.pi * inner * distance)) / distance
    pattern = np.where(distance <= reach, amplitude**2, 0)
    pattern /= pattern.sum()
    pattern.flags.writeable = False
    return pattern


@ARTEFACTS.register
class PhaseHalo(PhysicalArtefact):
    """Halo and shade-off of phase contrast: the phase ring catches diffracted light of coarse structures, too.

    ``g' = g - s (g * h - mean(g))``, where h is the diffraction pattern of the ring (an obscured Airy pattern) with
    unit sum. Light that an object diffracts by less than the width of the ring passes through it with the direct light
    and gives no contrast; so a cell is surrounded by a halo of opposite contrast, and a large one fades in the middle
    (Yin, Kanade and Chen 2012, Medical Image Analysis 16, 1047, who take the pattern's amplitude; the lamp lights each
    point of a ring by itself, so that the share caught is the overlap of the ring with itself, whose transform is the
    intensity). The strength s adds to the halo that the image has: 1 is as much as a full ring gives an image without
    any, and above 1 coarse contrast turns over, which a ring alone does not do. Assumed is a ring from 0.10 to 0.15
    cycles per pixel, such as 0.28 to 0.42 of the pupil of a 10×/0.3 objective on pixels of 6.5 µm. The pattern is cut
    at 64 px, borders are mirrored, and no labels are needed. Not modelled: absorption, and phases that are not small.
    """

    name = "phase_halo"
    version = 1
    parameter = "strength"
    unit = "×"
    neutral = 0.0
    bounds = (0.0, 10.0)
    grids = {"full": (0.3, 0.6, 1, 1.5, 2, 2.5)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        caught = convolve(image, obscured_airy(_OUTER, _INNER, _REACH)) - image.mean(axis=(0, 1))
        return image - np.float32(intensity) * caught
