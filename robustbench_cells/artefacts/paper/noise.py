"""Gaussian noise (the paper, section II and Figure 4)."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact
from robustbench_cells.artefacts.paper._base import rescale
from robustbench_cells.types import Image, Labels


@ARTEFACTS.register
class Noise(Artefact):
    """Camera noise: adds zero-mean Gaussian noise to each pixel, then stretches to [0, 255].

    The intensity is the standard deviation of the noise in grey levels; it scales one noise field per patch. The
    min–max stretch is part of the artefact, so sigma 0 is a contrast stretch and not ``clean``.
    """

    name = "noise"
    version = 1
    parameter = "sigma"
    unit = "grey levels"
    neutral = 0.0
    grids = {
        "quick": (0, 50, 200),
        "default": (0, 10, 30, 50, 100, 150, 200),
        "paper": tuple(range(0, 201, 5)),
    }

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Artefact.distort`."""
        if not 0 <= intensity < np.inf:
            raise ValueError(f"sigma {intensity}: must be a finite number of grey levels, at least 0")
        field = rng.standard_normal(image.shape, dtype=np.float32)
        return rescale(image + np.float32(intensity) * field), labels.copy()
