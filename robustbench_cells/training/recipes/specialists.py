"""Networks for one condition each, a practical upper bound."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.training.flips import flip_randomly
from robustbench_cells.training.recipes._base import RECIPES, LocalContrastRecipe
from robustbench_cells.types import Image, Labels


class Specialist(LocalContrastRecipe):
    """Base of recipes trained on a single condition.

    Attributes
    ----------
    artefact, intensity
        Condition to train on.
    """

    artefact: str
    intensity: float

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        return ARTEFACTS.get(self.artefact).distort(*flip_randomly(image, labels, rng), self.intensity, rng)


@RECIPES.register
class Noise150(Specialist):
    """A specialist, as a practical upper bound: the network of ``robust`` on noise of sigma 150 grey levels alone."""

    name = "noise_150"
    artefact = "noise"
    intensity = 150.0


@RECIPES.register
class Illumination3000(Specialist):
    """A specialist, as a practical upper bound: the network of ``robust`` on illumination of 3000 grey levels alone."""

    name = "illumination_3000"
    artefact = "illumination"
    intensity = 3000.0
