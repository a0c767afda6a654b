"""More or less contrast, down to bright against dark field."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class Contrast(PhysicalArtefact):
    """Contrast: scales the distance of each grey level from the mean of the image, and clips.

    ``g' = clip(m + factor (g - m), 0, 255)`` with m the mean grey level of the channel. The intensity is the factor:
    above 1 more contrast, until the camera saturates; below 1 less, none at 0; and below 0 bright and dark change
    places, as from bright to dark field or from positive to negative phase contrast, down to the inversion at -1. Each
    pixel departs monotonically in both directions. Aperture, phase ring and staining set the contrast (Murphy &
    Davidson 2012, Fundamentals of Light Microscopy and Electronic Imaging, 2nd edition: phase contrast and dark field).
    Not modelled: halos that do not invert, and the other resolution of another aperture.
    """

    name = "contrast"
    version = 1
    parameter = "factor"
    unit = "×"
    neutral = 1.0
    bounds = (-1.0, np.inf)
    grids = {"full": (-1, -0.5, 0.1, 0.25, 0.5, 0.75, 1.5, 2, 4)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        mean = image.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
        return mean + np.float32(intensity) * (image - mean)
