"""Saturation of a camera."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.camera._base import Floats
from robustbench_cells.types import Image


@ARTEFACTS.register
class Saturation(PhysicalArtefact):
    """Saturation: more light, until a share of the pixels is at white.

    ``g' = clip(255 g / w, 0, 255)``, alike in every channel, where ``w`` is the grey level that p % of the values in
    the patch reach or exceed. The intensity is p: at least so many are white afterwards, more where several have the
    level w. Microscopes report overexposure so; ``exposure`` is the same in stops, whatever the image holds. Since
    white has to be reached first, the smallest share already makes an image as bright as its brightest pixels allow.
    Black stays black, and an image that has as many pixels at white, or only black ones, stays as it is. Not modelled:
    blooming into neighbours, and the knee of a sensor before its full well (Janesick 2001, Scientific Charge-Coupled
    Devices, SPIE Press). Random numbers play no part.
    """

    name = "saturation"
    version = 1
    parameter = "saturated pixels"
    unit = "%"
    neutral = 0.0
    scale = "log"
    bounds = (0.0, 100.0)
    grids = {"full": (0.3, 1, 2, 3, 5, 10, 30)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Floats:
        """See `PhysicalArtefact.degrade`."""
        white = float(np.quantile(image, 1 - intensity / 100, method="lower"))
        return image / np.float64(white if white > 0 else 255) * 255
