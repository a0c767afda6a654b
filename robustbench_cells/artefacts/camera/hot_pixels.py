"""Hot pixels of a camera."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class HotPixels(PhysicalArtefact):
    """Hot pixels: some pixels are white, whatever light they get.

    ``g' = 255`` where ``u < p / 10⁶`` with ``u`` uniform in [0, 1), and ``g`` elsewhere, independent in each pixel and
    channel. The intensity p is the expected number of hot pixels in a million; a pixel that is hot at p stays hot at
    every larger one. Defects of the silicon leak charge, which fills such a pixel in a long exposure or a warm camera
    (Janesick 2001, Scientific Charge-Coupled Devices, SPIE Press). Not modelled: warm pixels of less than white, dead
    ones, clusters and columns, and the same places in all frames of a camera.
    """

    name = "hot_pixels"
    version = 1
    parameter = "density"
    unit = "per million"
    neutral = 0.0
    scale = "log"
    bounds = (0.0, 1e6)
    grids = {"full": (100, 300, 1000, 3000, 10_000, 30_000, 100_000), "default": (1000, 10_000, 30_000, 100_000)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return np.where(rng.random(image.shape) < intensity / 1e6, np.float32(255), image)
