"""A network for one condition."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.training.flips import turned
from robustbench_cells.training.network_parts import Sturdy
from robustbench_cells.types import Image, Labels


class Specialist(Sturdy):
    """Sees one artefact at one intensity and nothing else.

    Attributes
    ----------
    artefact, intensity
        The condition.
    """

    artefact: str
    intensity: float

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        return ARTEFACTS.get(self.artefact).distort(*turned(image, labels, rng), self.intensity, rng)
