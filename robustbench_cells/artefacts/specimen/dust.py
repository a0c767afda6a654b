"""Dust that lies out of focus."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.specimen._base import Floats, scatter, specks
from robustbench_cells.channels import in_channels
from robustbench_cells.types import Image

_WIDTHS = 3.0, 12.0  # pixels: standard deviations of the shadows
_DEPTHS = 0.2, 0.9  # optical depths at their centres: 18 % to 59 % of the light lost


@ARTEFACTS.register
class Dust(PhysicalArtefact):
    """Dust on a window or a lens: dark round shadows without edges, since they are out of focus.

    ``g' = g exp(-τ)`` by the law of Beer and Lambert, where the optical depths τ of specks add up. Each is a Gaussian
    of 3 to 12 pixels standard deviation and a depth of 0.2 to 0.9 at its centre, both drawn uniformly, and so is its
    place. The intensity is the number of specks per megapixel; more specks are the same ones and others, and every
    pixel darkens monotonically. Alike in all channels. Labels stay: a shadow hides no cell. Not modelled: fibres, and
    the bright rings of specks that are almost in focus.
    """

    name = "dust"
    version = 1
    parameter = "density"
    unit = "per megapixel"
    neutral = 0.0
    bounds = (0.0, 5000.0)
    scale = "log"
    grids = {"full": (20, 50, 100, 200, 500, 1000), "default": (50, 200, 500, 1000), "quick": (500,)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Floats:
        """See `PhysicalArtefact.degrade`."""
        places = scatter(image.shape, intensity, self.bounds[1], rng, properties=2)
        depth = specks(places, image.shape, _WIDTHS, _DEPTHS)
        return image * in_channels(np.exp(-depth), image.ndim)
