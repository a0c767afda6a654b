"""Pixels that are too large for the optics."""

from __future__ import annotations

import cv2
import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class Undersampling(PhysicalArtefact):
    """Larger pixels: light is collected over squares of ``k × k`` pixels, and interpolated back to the frame's grid.

    The intensity k is the side of the large pixel in pixels of the frame: binning, or a camera too coarse for its
    objective. A pixel integrates the light on its area, which passes frequencies that it cannot sample, and they alias
    (Janesick 2007, Photon Transfer, SPIE Press; Pawley 2006, Handbook of Biological Confocal Microscopy, chapter 4).
    The way back is cubic, as when images are brought to the pixel size that a model expects, so cells stay where and as
    large as they were. Not modelled: the lower noise of binned pixels.
    """

    name = "undersampling"
    version = 1
    parameter = "pixel side"
    unit = "×"
    neutral = 1.0
    bounds = (1.0, np.inf)
    scale = "log"
    grids = {"full": (1.5, 2, 3, 4, 6, 8, 12), "default": (2, 4, 6), "quick": (4,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        height, width = image.shape[:2]
        coarse = max(1, round(width / intensity)), max(1, round(height / intensity))
        small = cv2.resize(image, coarse, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).reshape(image.shape)
