"""The paper's third network."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.training.recipes._registry import RECIPES, Recipe
from robustbench_cells.training.recipes._turns import turned
from robustbench_cells.types import Image, Labels

_AMPLITUDE = 300.0  # grey levels at most; as in the code that the paper's authors published
_SIGMA = 30.0


@RECIPES.register
class Distorted(Recipe):
    """Quarter turns and flips, then a little illumination and noise on each patch (the paper, section II, "the third").

    The amplitude is uniform from 0 to 300 grey levels and sigma from 0 to 30. Image and labels go through one call:
    the authors' code drew other random numbers for some images than for their masks, and so learnt from wrong pairs.
    """

    name = "distorted"

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        image, labels = turned(image, labels, rng)
        for artefact, most in (("illumination", _AMPLITUDE), ("noise", _SIGMA)):
            image, labels = ARTEFACTS.get(artefact).distort(image, labels, float(rng.uniform(0, most)), rng)
        return image, labels
