"""A lamp off the axis: one edge of the field is brighter than the other."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.light._base import from_centre, lit
from robustbench_cells.types import Image


@ARTEFACTS.register
class UnevenLamp(PhysicalArtefact):
    """Uneven lamp: light rises linearly across the image, in a random direction.

    ``g' = clip(g (1 + a t), 0, 255)`` with ``a = (ratio - 1) / (ratio + 1)``, where t rises from -1 at the image's
    darkest corner to 1 at the opposite one, along a direction that is uniform over the circle. The intensity is the
    ratio of the light at the two ends; the light in the centre stays, as under an automatic exposure, so that the
    bright end may saturate. Alike in every channel; grey level 0 is taken as no light. Each pixel departs
    monotonically. A lamp that is not centred gives such a field (Murphy & Davidson 2012, Fundamentals of Light
    Microscopy and Electronic Imaging, 2nd edition, chapter 1, Köhler illumination). Not modelled: the curved field of a
    lamp out of focus.
    """

    name = "uneven_lamp"
    version = 1
    parameter = "edge-to-edge ratio"
    unit = "×"
    neutral = 1.0
    scale = "log"
    bounds = (1.0, np.inf)
    grids = {"full": (1.2, 1.5, 2, 3, 5, 10, 30), "default": (2, 5, 10)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        angle = rng.uniform(0, 2 * np.pi)
        rows, columns = from_centre(image)
        across = rows * np.float32(np.sin(angle)) + columns * np.float32(np.cos(angle))
        slope = (intensity - 1) / (intensity + 1)
        end = max(float(across.max()), 1e-6)  # an image of one pixel has no ends
        return lit(image, 1 + across * np.float32(slope / end))
