"""Non-uniform illumination (the paper, section II and Figure 3)."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact
from robustbench_cells.artefacts.paper._base import rescale
from robustbench_cells.channels import in_channels
from robustbench_cells.types import Image, Labels


@ARTEFACTS.register
class Illumination(Artefact):
    """A bright spot: adds a 2-D Gaussian of standard deviation side/5 at a random position, then stretches to [0, 255].

    The intensity is the Gaussian's amplitude in grey levels. The min–max stretch is part of the artefact, so amplitude
    0 is a contrast stretch and not ``clean``.
    """

    name = "illumination"
    version = 1
    parameter = "amplitude"
    unit = "grey levels"
    neutral = 0.0
    grids = {
        "quick": (0, 1000, 4000),
        "default": (0, 300, 1000, 2000, 3000, 4000),
        "paper": tuple(range(0, 4001, 100)),
    }

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Artefact.distort`."""
        if not 0 <= intensity < np.inf:
            raise ValueError(f"amplitude {intensity}: must be a finite number of grey levels, at least 0")
        profiles = [
            np.exp(-0.5 * ((np.arange(side) - centre * (side - 1)) / (side / 5)) ** 2)
            for side, centre in zip(image.shape[:2], rng.random(2), strict=True)
        ]
        spot = (intensity * np.outer(*profiles)).astype(np.float32)
        return rescale(image + in_channels(spot, image.ndim)), labels.copy()
