"""What the network of `robust` can do at one condition, if it has to do nothing else."""

from robustbench_cells.training.recipes._base import RECIPES
from robustbench_cells.training.recipes.specialists import Specialist


@RECIPES.register
class Noise150(Specialist):
    """A specialist, the practical ceiling: the network of ``robust`` on noise of sigma 150 grey levels alone."""

    name = "noise_150"
    artefact = "noise"
    intensity = 150.0
