"""Vignetting: corners that are darker than the centre."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.light._base import from_centre, lit
from robustbench_cells.types import Image


@ARTEFACTS.register
class Vignetting(PhysicalArtefact):
    """Vignetting: light falls off from the centre to the corners, by the cosine-fourth law.

    ``g' = g cos⁴ θ`` with ``tan θ = (r / R) tan Θ``, where r is the distance from the centre of the image, R that of
    its corners, and Θ the angle at which ``cos⁴ Θ = 1 - loss / 100``. The intensity is the loss in the corner in %; the
    centre keeps its light. The image is taken as the whole field of the camera, alike in every channel, and grey level
    0 as no light. Each pixel darkens monotonically. Source: Born & Wolf 1999, Principles of Optics, 7th edition. Not
    modelled: stops that cut off the beam, whose edge is sharper, and an axis that lies off the centre.
    """

    name = "vignetting"
    version = 1
    parameter = "loss"
    unit = "% in the corner"
    neutral = 0.0
    bounds = (0.0, 99.0)
    grids = {"full": (10, 20, 40, 60, 80, 90, 95), "default": (40, 80, 95), "quick": (80,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        rows, columns = from_centre(image)
        square = rows**2 + columns**2
        at_corner = np.float32((1 - intensity / 100) ** -0.5 - 1)  # tan² Θ
        tangent = square * (at_corner / max(square[0, 0], np.float32(1)))  # tan² θ; an image of one pixel is its centre
        return lit(image, (1 + tangent) ** -2)
