"""A bright spot of the illumination."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.light._base import lit
from robustbench_cells.types import Image


@ARTEFACTS.register
class Spot(PhysicalArtefact):
    """Bright spot: multiplies the light by a Gaussian bump at a random position, and clips.

    ``g' = clip(g (1 + (ratio - 1) G), 0, 255)`` with ``G = exp(-d² / 2 s²)``, where d is the distance from a centre
    that is uniform over the image and s a fifth of the side (of each side, where they differ). The intensity is the
    ratio of the light in the centre of the spot to the light far from it. Position and width are those of the paper's
    ``illumination``, which adds such a bump and stretches the sum; but a lamp multiplies what the specimen lets
    through, so cells in the spot keep their contrast until the camera saturates. Alike in every channel; grey level 0
    is taken as no light. Each pixel brightens monotonically. Not modelled: stray light that is added (see ``haze``).
    """

    name = "spot"
    version = 1
    parameter = "centre-to-surround ratio"
    unit = "×"
    neutral = 1.0
    scale = "log"
    bounds = (1.0, np.inf)
    grids = {"full": (1.2, 1.5, 2, 3, 5, 10, 30)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        down, across = (
            np.exp(-0.5 * ((np.arange(side) - centre * (side - 1)) / (side / 5)) ** 2)
            for side, centre in zip(image.shape[:2], rng.random(2), strict=True)
        )
        return lit(image, np.float32(1) + np.outer((intensity - 1) * down, across).astype(np.float32))
