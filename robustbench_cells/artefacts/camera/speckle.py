"""Speckle of coherent light."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.camera._base import Floats
from robustbench_cells.types import Image

_END, _STEP = 6.0, 1 / 128  # of a standard normal number, which lies beyond the end once in 5e8
_KNOTS = np.arange(-_END, _END + _STEP, _STEP)


@ARTEFACTS.register
class Speckle(PhysicalArtefact):
    """Speckle: multiplies each pixel by a number of mean 1 that follows a gamma law, and clips.

    ``g' = clip(g s, 0, 255)`` with ``s ~ Gamma(shape 1 / C², scale C²)``, independent in each pixel and channel. The
    intensity is the contrast C, the standard deviation of s. Light of a laser interferes with itself: 1 is fully
    developed speckle, an exponential law, and the mean of M such patterns, as a moving diffuser or a bandwidth gives,
    has a contrast of ``1 / √M`` (Goodman 2007, Speckle Phenomena in Optics, Roberts & Company, section 3.3). Each pixel
    keeps its quantile at every C. Not modelled: grains larger than a pixel, and fringes.
    """

    name = "speckle"
    version = 1
    parameter = "contrast"
    unit = "σ / mean"
    neutral = 0.0
    bounds = (0.0, 1.0)
    grids = {"full": (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Floats:
        """See `PhysicalArtefact.degrade`."""
        place = ((rng.standard_normal(image.shape) + _END) / _STEP).clip(0, _KNOTS.size - 1)
        below = np.minimum(place.astype(np.intp), _KNOTS.size - 2)
        quantiles = _gamma_quantiles(intensity)
        return image * (quantiles[below] + (place - below) * np.diff(quantiles)[below])


def _gamma_quantiles(contrast: float) -> Floats:
    """The numbers of mean 1 with the quantiles of the knots."""
    from scipy.special import gammainccinv, gammaincinv, ndtr  # takes long to import

    shape = contrast**-2.0
    low, high = ndtr(_KNOTS[_KNOTS < 0]), ndtr(-_KNOTS[_KNOTS >= 0])  # both tails without cancellation
    return np.concatenate([gammaincinv(shape, low), gammainccinv(shape, high)]) / shape
