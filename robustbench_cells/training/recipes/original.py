"""The first network of the paper."""

from robustbench_cells.training.recipes._base import RECIPES, Recipe


@RECIPES.register
class Original(Recipe):
    """Random patches without augmentation (the paper, section II, "the first U-Net")."""

    name = "original"
