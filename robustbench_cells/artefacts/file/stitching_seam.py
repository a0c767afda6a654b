"""The seam between two stitched tiles."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class StitchingSeam(PhysicalArtefact):
    """Stitching seam: a step in brightness across the image, where two tiles meet.

    ``g' = clip(g + step / 2, 0, 255)`` on one side of the seam and ``clip(g - step / 2, 0, 255)`` on the other, alike
    in every channel. The intensity is the step in grey levels. The seam lies between two rows or between two columns,
    since tiles are rectangles along the camera's axes; which, where, and which side is the brighter one are uniformly
    random. Each pixel departs monotonically. Tiles that were taken under uneven light meet so (Peng et al. 2017,
    Nature Communications 8, 14836, on shading correction). Not modelled: a shift of the specimen between tiles, light
    that changes within a tile (see ``vignetting``), and blended overlaps.
    """

    name = "stitching_seam"
    version = 1
    parameter = "step"
    unit = "grey levels"
    neutral = 0.0
    grids = {"full": (10, 20, 40, 80, 120, 160)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        axis, sign = int(rng.integers(2)), 2 * int(rng.integers(2)) - 1
        side = image.shape[axis]
        first = np.arange(side) < 1 + np.floor(rng.random() * (side - 1))  # a side of one pixel has one tile
        step = np.where(first, sign, -sign).astype(np.float32) * np.float32(intensity / 2)
        return image + np.expand_dims(step, [other for other in range(image.ndim) if other != axis])
