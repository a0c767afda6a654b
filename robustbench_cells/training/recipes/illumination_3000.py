"""What the network of `robust` can do at one condition, if it has to do nothing else."""

from robustbench_cells.training.recipes._base import RECIPES
from robustbench_cells.training.recipes.specialists import Specialist


@RECIPES.register
class Illumination3000(Specialist):
    """A specialist, the practical ceiling: the network of ``robust`` on an illumination of 3000 grey levels alone."""

    name = "illumination_3000"
    artefact = "illumination"
    intensity = 3000.0
