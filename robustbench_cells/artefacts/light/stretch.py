"""The contrast stretch in which two artefacts of the paper end."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.stretching import stretch
from robustbench_cells.types import Image


@ARTEFACTS.register
class Stretch(PhysicalArtefact):
    """Contrast stretch: moves grey levels towards those of a min–max stretch to [0, 255].

    ``g' = (1 - share) g + share (g - min) / (max - min) 255`` with the darkest and the brightest grey level of the
    image, over all channels. The intensity is the share of the way, from 0 to 1. At 1 it is the last step of the
    paper's ``noise`` and ``illumination``, number by number, and so what they do at their neutral intensity;
    acquisition software does it as auto-contrast. A flat image stays. Each pixel departs monotonically. Not modelled:
    auto-contrast that saturates a percentage of the pixels.
    """

    name = "stretch"
    version = 1
    parameter = "share"
    unit = "of a full stretch"
    neutral = 0.0
    bounds = (0.0, 1.0)
    grids = {"full": (0.1, 0.25, 0.5, 0.75, 0.9, 1), "default": (0.25, 0.5, 1), "quick": (1,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        stretched, share = stretch(image), np.float32(intensity)
        return image if stretched is None else (1 - share) * image + share * stretched
