"""The rules for a training recipe: for what it draws; its network is not built."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robustbench_cells.randomness import generator
from robustbench_cells.testing.plugins import check_plugin, draw_labels, each_rule, labels_lie_on_cells, require
from robustbench_cells.training.recipes import Recipe
from robustbench_cells.types import PATCH_SIDE, Sample


def check_draw(recipe: Recipe, seed: int) -> None:
    """Check one patch drawn for training: valid, image and labels transformed together, the same for the same seed."""
    labels = draw_labels((512, 560), seed, cells=160)
    drawing = Sample("synthetic/train", "1", (labels > 0).astype(np.float32) * 255, labels)
    image, left = recipe.draw(drawing, generator(seed))
    at = f"{recipe.name}, seed {seed}"
    whole = image.shape == left.shape == (PATCH_SIDE, PATCH_SIDE) and image.dtype == np.float32
    require(whole, f"{at}: image {image.dtype} {image.shape}, labels {left.shape}; a float32 patch of 256 px is needed")
    low, high = float(image.min()), float(image.max())
    require(0 <= low <= high <= 255, f"{at}: grey levels span {low:g} to {high:g}, outside [0, 255]; clip them")
    require(set(np.unique(left)) <= set(np.unique(labels)), f"{at}: there are labels that the frame does not have")
    require(labels_lie_on_cells(image, left), f"{at}: image and labels are not transformed together")
    again, _ = recipe.draw(drawing, generator(seed))
    require(np.array_equal(again, image), f"{at}: drawn again, the patch differs; draw from rng alone")


def _declares_what_it_is(recipe: Recipe) -> None:
    check_plugin(recipe)


def _draws_image_and_labels_together(recipe: Recipe) -> None:
    for seed in range(10):
        check_draw(recipe, seed)


def _has_a_rate_for_every_epoch(recipe: Recipe) -> None:
    rates = [recipe.rate(done) for done in np.linspace(0, 0.99, 12)]
    valid = rates[0] == recipe.learning_rate and all(0 < rate <= recipe.learning_rate for rate in rates)
    require(valid, f"{recipe.name}: rates {rates}; they begin with learning_rate and stay above 0 and not above it")


RECIPE_RULES = (_declares_what_it_is, _draws_image_and_labels_together, _has_a_rate_for_every_epoch)


def check_recipe(recipe: Recipe) -> None:
    """Check every rule for a training recipe.

    Parameters
    ----------
    recipe
        One object of the class that is registered.

    Raises
    ------
    AssertionError
        If a rule does not hold.

    Examples
    --------
    >>> from robustbench_cells.training.recipes import RECIPES
    >>> check_recipe(RECIPES.get("augmented"))
    """
    for rule in RECIPE_RULES:
        rule(recipe)


class RecipeContract:
    """Subclass it in a test file, and set `recipe`: a test for each rule.

    Attributes
    ----------
    recipe
        One object of the class that is registered.
    """

    recipe: Recipe

    @each_rule(RECIPE_RULES)
    def test_contract(self, rule: Callable[[Recipe], None]) -> None:
        """One rule."""
        rule(self.recipe)
