"""The paper's first network."""

from robustbench_cells.training.recipes._base import RECIPES, Recipe


@RECIPES.register
class Original(Recipe):
    """Random patches and nothing else (the paper, section II, "the first U-Net")."""

    name = "original"
