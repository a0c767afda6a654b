"""A network for one condition."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.training.flips import turned
from robustbench_cells.training.recipes._base import RECIPES, Sturdy
from robustbench_cells.types import Image, Labels


class Specialist(Sturdy):
    """Sees one artefact at one intensity and nothing else.

    Attributes
    ----------
    artefact, intensity
        The condition.
    """

    artefact: str
    intensity: float

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        return ARTEFACTS.get(self.artefact).distort(*turned(image, labels, rng), self.intensity, rng)


@RECIPES.register
class Noise150(Specialist):
    """A specialist, the practical ceiling: the network of ``robust`` on noise of sigma 150 grey levels alone."""

    name = "noise_150"
    artefact = "noise"
    intensity = 150.0


@RECIPES.register
class Illumination3000(Specialist):
    """A specialist, the practical ceiling: the network of ``robust`` on an illumination of 3000 grey levels alone."""

    name = "illumination_3000"
    artefact = "illumination"
    intensity = 3000.0
