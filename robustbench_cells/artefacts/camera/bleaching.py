"""Bleaching of a fluorophore."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.camera._base import Floats, poisson_counts
from robustbench_cells.types import Image

FULL_WELL = 3000.0  # e⁻ at white


@ARTEFACTS.register
class Bleaching(PhysicalArtefact):
    """Bleaching: a share of the signal is left, with the shot noise of its fewer photo-electrons.

    ``g' = clip(255 k / N, 0, 255)`` with ``k ~ Poisson(N p g / (100 * 255))`` and ``N = 3000``, independent in each
    pixel and channel. The intensity p is the percentage of the signal that is left; 100 is neutral. Exposure and gain
    stay, so that white stays at N photo-electrons: the image darkens by p, and its signal-to-noise ratio falls by √p
    (Janesick 2007, Photon Transfer, SPIE Press). 3000 e⁻ are what dim fluorescence fills of a full well, at a gain that
    makes them white. Each pixel keeps its quantile at every p. Not modelled: background that does not bleach, bleaching
    that differs from place to place, and the noise that the frame already has, which is dimmed along with its signal,
    so that shot noise begins at once below 100 %.
    """

    name = "bleaching"
    version = 1
    parameter = "signal left"
    unit = "%"
    neutral = 100.0
    scale = "log"
    bounds = (0.0, 100.0)
    grids = {"full": (1, 2, 5, 10, 20, 30, 50, 80)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Floats:
        """See `PhysicalArtefact.degrade`."""
        field = rng.standard_normal(image.shape)
        electrons = poisson_counts(image.astype(np.float64) * (FULL_WELL / 255 * intensity / 100), field)
        return electrons * (255 / FULL_WELL)
