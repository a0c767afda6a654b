"""Training recipes: one file each, found by its registration."""

from robustbench_cells.training.recipes._base import RECIPES, Recipe

__all__ = ["RECIPES", "Recipe"]
