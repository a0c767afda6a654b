"""The second network of the paper."""

from __future__ import annotations

import numpy as np

from robustbench_cells.training.flips import flip_randomly
from robustbench_cells.training.recipes._base import RECIPES, Recipe
from robustbench_cells.types import Image, Labels


@RECIPES.register
class Augmented(Recipe):
    """Random patches with quarter turns and flips (the paper, section II, "the second U-Net")."""

    name = "augmented"

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        return flip_randomly(image, labels, rng)
