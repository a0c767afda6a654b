"""Shot noise of light."""

from __future__ import annotations

from math import inf

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.camera._base import Floats, poisson_counts
from robustbench_cells.types import Image


@ARTEFACTS.register
class ShotNoise(PhysicalArtefact):
    """Shot noise: counts of photo-electrons in each pixel, of a Poisson distribution.

    ``g' = clip(255 k / N, 0, 255)`` with ``k ~ Poisson(N g / 255)``, independent in each pixel and channel. The
    intensity N is the number of photo-electrons that make a pixel white, so fewer are worse and infinitely many are
    neutral. The variance is the mean times 255 / N grey levels (Janesick 2007, Photon Transfer, SPIE Press, chapter 4).
    Each pixel keeps its quantile at every N. Not modelled: noise of the electronics (see ``read_noise``), and
    multiplication noise of an EMCCD, which doubles the variance.
    """

    name = "shot_noise"
    version = 1
    parameter = "photo-electrons"
    unit = "e⁻ at white"
    neutral = inf
    scale = "log"
    grids = {"full": (2, 5, 10, 30, 100, 300, 1000, 3000), "default": (10, 30, 100, 300), "quick": (30,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Floats:
        """See `PhysicalArtefact.degrade`."""
        field = rng.standard_normal(image.shape)
        return poisson_counts(image.astype(np.float64) * (intensity / 255), field) * (255 / intensity)
