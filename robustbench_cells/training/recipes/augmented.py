"""The paper's second network."""

from __future__ import annotations

import numpy as np

from robustbench_cells.training.flips import turned
from robustbench_cells.training.recipes._base import RECIPES, Recipe
from robustbench_cells.types import Image, Labels


@RECIPES.register
class Augmented(Recipe):
    """Random patches in quarter turns and flips (the paper, section II, "the second U-Net")."""

    name = "augmented"

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        return turned(image, labels, rng)
