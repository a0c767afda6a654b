"""Stripes of a camera's columns."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class StripeNoise(PhysicalArtefact):
    """Column stripes: adds to each column a Gaussian offset of mean 0, alike in all its rows, and clips.

    ``g'(y, x) = clip(g(y, x) + sigma n(x), 0, 255)`` with ``n ~ N(0, 1)``, independent in each column and channel. The
    intensity is the standard deviation sigma of the columns in grey levels; it scales one row of numbers per patch, so
    that each pixel departs monotonically. In a CMOS sensor each column has an amplifier and a digitiser of its own,
    whose offsets differ (column nonuniformity of EMVA Standard 1288, release 4.0, chapter 4). Not modelled: columns
    that differ by their gain, and stripes along rows.
    """

    name = "stripe_noise"
    version = 1
    parameter = "sigma"
    unit = "grey levels"
    neutral = 0.0
    grids = {"full": (1, 2, 5, 10, 15, 20, 30, 50)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return image + np.float32(intensity) * rng.standard_normal((1, *image.shape[1:]), dtype=np.float32)
