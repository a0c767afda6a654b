"""Bleaching."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts import Artefact
from robustbench_cells.types import Image, Labels


class Fading(Artefact):
    """Bleaching: multiplies grey levels by a factor."""

    name = "fading"
    version = 1
    parameter = "factor"
    unit = "×"
    neutral = 1.0
    grids = {"default": (0.25, 0.5, 0.75, 1)}

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Artefact.distort`; a factor outside [0, 1] raises a `ValueError`."""
        if not 0 <= intensity <= 1:
            raise ValueError(f"factor {intensity}: from 0 to 1 is needed")
        return image * np.float32(intensity), labels.copy()
