"""Bright specks that are no cells."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.specimen._base import Floats, scatter, specks
from robustbench_cells.channels import in_channels
from robustbench_cells.types import Image

_WIDTHS = 0.8, 2.5  # pixels: standard deviations of the specks
_HEIGHTS = 60.0, 200.0  # grey levels at their centres


@ARTEFACTS.register
class Debris(PhysicalArtefact):
    """Debris in focus: small bright specks, as fragments of dead cells are under phase contrast.

    ``g' = clip(g + Σ h exp(-d² / 2s²), 0, 255)``, where a speck at distance d is a Gaussian of standard deviation s of
    0.8 to 2.5 pixels and of a height h of 60 to 200 grey levels, both drawn uniformly, and so is its place. The
    intensity is the number of specks per megapixel; more specks are the same ones and others, and every pixel
    brightens monotonically. Alike in all channels. Labels stay: a speck is no cell, and a model that says so is wrong;
    where one lies over a cell, the cell stays true. Not modelled: specks in clumps, and ones as large as a cell, of
    which an annotator could not be sure either.
    """

    name = "debris"
    version = 1
    parameter = "density"
    unit = "per megapixel"
    neutral = 0.0
    bounds = (0.0, 10000.0)
    scale = "log"
    grids = {"full": (50, 100, 200, 500, 1000, 3000)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Floats:
        """See `PhysicalArtefact.degrade`."""
        places = scatter(image.shape, intensity, self.bounds[1], rng, properties=2)
        light = specks(places, image.shape, _WIDTHS, _HEIGHTS)
        return image + in_channels(light, image.ndim)
