"""Training of the U-Net: recipes, the patches of an epoch, and the fit."""

from robustbench_cells.training.recipes import RECIPES

__all__ = ["RECIPES"]
