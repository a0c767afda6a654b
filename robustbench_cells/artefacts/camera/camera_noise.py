"""Noise of a camera: of the light and of the electronics."""

from __future__ import annotations

from math import inf

import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.artefacts.camera._base import Floats, poisson_counts
from robustbench_cells.types import Image

READ_NOISE = 6.0  # e⁻, standard deviation


@ARTEFACTS.register
class CameraNoise(PhysicalArtefact):
    """Camera noise: Poisson counts of photo-electrons, and Gaussian read noise of 6 e⁻ on top of them.

    ``g' = clip(255 (k + r n) / N, 0, 255)`` with ``k ~ Poisson(N g / 255)``, ``n ~ N(0, 1)`` and ``r = 6``, independent
    in each pixel and channel. The intensity N is the number of photo-electrons that make a pixel white, as in
    ``shot_noise``: a shorter exposure that the gain makes up for. With ``K = 255 / N`` grey levels per electron the
    variance is ``K g + (K r)²`` (EMVA Standard 1288, release 4.0, section 2.2), so that below 36 electrons a pixel has
    more read noise than shot noise. 6 e⁻ is typical of an interline CCD; sCMOS cameras have 1 to 2, and come close to
    ``shot_noise``. Both fields of random numbers serve every N. Not modelled: the offset that keeps a camera's noise
    above 0 (it is taken off before black is clipped), dark current, and patterns (see ``stripe_noise``).
    """

    name = "camera_noise"
    version = 1
    parameter = "photo-electrons"
    unit = "e⁻ at white"
    neutral = inf
    scale = "log"
    grids = {"full": (10, 30, 60, 100, 200, 500, 1000, 3000)}

    def degrade(self, image: Image, intensity: float, rng: np.random.Generator) -> Floats:
        """See `PhysicalArtefact.degrade`."""
        photons, electronics = rng.standard_normal((2, *image.shape))
        electrons = poisson_counts(image.astype(np.float64) * (intensity / 255), photons) + READ_NOISE * electronics
        return electrons * (255 / intensity)
