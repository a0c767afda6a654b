"""A lamp that flickers."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class Flicker(PhysicalArtefact):
    """Flicker: multiplies the whole image by one random factor, another one for each image.

    ``g' = clip(g (1 + flicker / 100)^n, 0, 255)`` with one ``n ~ N(0, 1)`` per patch, alike in every channel. The
    intensity is the flicker in % from frame to frame: a lamp that is one standard deviation too bright gives
    1 + flicker / 100 times the light, one that is as much too dark the same share less. The logarithm of the light is
    Gaussian, for light is never negative. Grey level 0 is taken as no light. Each pixel departs monotonically.
    Arc lamps, and exposures that are short against the mains, flicker so (Murphy & Davidson 2012, Fundamentals of Light
    Microscopy and Electronic Imaging, 2nd edition, chapter 3). Patches of one frame are drawn independently, as
    though each came from another frame. Not modelled: bands in the image of a rolling shutter.
    """

    name = "flicker"
    version = 1
    parameter = "swing"
    unit = "% from frame to frame"
    neutral = 0.0
    grids = {"full": (5, 10, 20, 40, 70, 100)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return image * np.float32((1 + intensity / 100) ** rng.standard_normal())
