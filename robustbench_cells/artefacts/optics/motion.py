"""Motion during the exposure."""

from __future__ import annotations

from math import ceil

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.optics._base import Floats, convolve, kernel_of_points
from robustbench_cells.types import Image

_POINTS_PER_PIXEL = 16


def streak(length: float, angle: float) -> Floats:
    """Compute the kernel of a straight path: anti-aliased, of unit sum, with the mean square distance length² / 12.

    Parameters
    ----------
    length
        Pixels.
    angle
        Radians from the direction of columns towards that of rows.
    """
    count = max(64, ceil(_POINTS_PER_PIXEL * length))
    along = length * ((np.arange(count) + 0.5) / count - 0.5)
    return kernel_of_points(along * np.sin(angle), along * np.cos(angle))


@ARTEFACTS.register
class Motion(PhysicalArtefact):
    """Motion blur: moves the field at a constant speed while the shutter is open, by this length in pixels.

    ``g'(x) = (1 / L) ∫ g(x + t u) dt`` for t from -L/2 to L/2, along a direction u that is drawn for each patch, evenly
    from all: a stage that has not come to rest, or drift (Holst and Lomheim 2011, CMOS/CCD Sensors and Camera Systems,
    2nd ed., whose transfer is ``sinc(L f)``). The path is centred, so that cells stay where their labels are. It is
    anti-aliased, with unit sum and the mean square distance L² / 12, of which at most 0.2 px² lie across. Borders are
    mirrored. Not modelled: acceleration, vibration, and cells that move by themselves.
    """

    name = "motion"
    version = 1
    parameter = "length"
    unit = "px"
    neutral = 0.0
    bounds = (0.0, 200.0)
    grids = {"full": (2, 4, 6, 10, 15, 20, 30, 40), "default": (4, 10, 20)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return convolve(image, streak(intensity, np.pi * rng.random()))
