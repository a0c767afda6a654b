"""Offset of a camera."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image


@ARTEFACTS.register
class Pedestal(PhysicalArtefact):
    """Pedestal: adds the same offset to each pixel, and clips.

    ``g' = clip(g + d, 0, 255)``, alike in every channel. The intensity d is the offset in grey levels. Cameras add one,
    so that noise around black is not cut off (dark signal of EMVA Standard 1288, release 4.0, chapter 2); stray light
    adds one too. Below 0 it is a black level that is set too high, and cuts off what is dark. Each pixel departs
    monotonically in either direction. Not modelled: its drift, and the shot noise of stray light. Random numbers play
    no part.
    """

    name = "pedestal"
    version = 1
    parameter = "offset"
    unit = "grey levels"
    neutral = 0.0
    bounds = (-255.0, 255.0)
    grids = {"full": (-120, -80, -40, 20, 40, 80, 120)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Image:
        """See `PhysicalArtefact.degrade`."""
        return image + np.float32(intensity)
