"""Training recipes: one file each."""

from robustbench_cells.training.recipes._base import RECIPES, Recipe

__all__ = ["RECIPES", "Recipe"]
