"""Gas bubbles in the medium."""

from __future__ import annotations

from math import asin, cos, hypot, sin

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.specimen._base import Floats, distances, scatter
from robustbench_cells.channels import in_channels
from robustbench_cells.types import Image

_RADII = 12.0, 40.0  # pixels
_WATER = 1.333  # refractive index of the medium; that of gas is 1
_APERTURE = 0.3  # numerical aperture of a usual 10× objective
_SOFTNESS = 1.5  # pixels between light and dark


_HALF = asin(_APERTURE / _WATER) / 2  # of the largest angle that the objective takes in

BRIGHT = sin(_HALF) / hypot(_WATER - cos(_HALF), sin(_HALF))
"""Share of a bubble's radius within which light still enters the objective.

A parallel ray that meets a bubble at a share x of its radius is refracted twice, by ``asin(n x) - asin(x)`` each time
(Snell's law); this x is where both together are the largest angle that the objective takes in.
"""


@ARTEFACTS.register
class Bubbles(PhysicalArtefact):
    """Bubbles of gas: dark discs with a bright centre, as transmitted light shows them.

    A bubble is a lens of a lower index than its surrounding (1 in 1.333): rays that meet it at more than a third of its
    radius leave by angles that an objective of numerical aperture 0.3 does not take in, or are reflected as a whole
    from three quarters on, so that it is dark but for its centre (van de Hulst 1957, Light Scattering by Small
    Particles). Radii of 12 to 40 pixels are drawn uniformly, and so are places. The intensity is the number of bubbles
    per megapixel; more are the same ones and others, and every pixel darkens monotonically. Alike in all channels.
    Labels stay, although the dark part hides the cells below it: whether these are still the truth is debatable, so
    read the loss as the share of a field that is lost to a viewer. Not modelled: the picture in the bright centre,
    which is smaller and out of focus, and rims from the aperture of the condenser.
    """

    name = "bubbles"
    version = 1
    parameter = "density"
    unit = "per megapixel"
    neutral = 0.0
    bounds = (0.0, 1000.0)
    scale = "log"
    grids = {"full": (5, 10, 20, 50, 100, 200)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Floats:
        """See `PhysicalArtefact.degrade`."""
        light = np.ones(image.shape[:2])
        for row, column, size in scatter(image.shape, intensity, self.bounds[1], rng, properties=1):
            radius = _RADII[0] + size * (_RADII[1] - _RADII[0])
            window, distance = distances(image.shape, row, column, radius + _SOFTNESS)
            light[window] *= np.maximum(_edge(distance - radius), _edge(BRIGHT * radius - distance))
        return image * in_channels(light, image.ndim)


def _edge(beyond: Floats) -> Floats:
    """Light at a distance beyond an edge, in pixels: none to all over the softness."""
    return np.clip(beyond / _SOFTNESS + 0.5, 0.0, 1.0)
