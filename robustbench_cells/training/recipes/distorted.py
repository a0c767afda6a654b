"""The paper's third network."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.training.flips import turned
from robustbench_cells.training.recipes._base import RECIPES, Recipe, cut
from robustbench_cells.types import PATCH_SIDE, Image, Labels, Sample

_AMPLITUDE = 300.0  # grey levels at most; as in the code that the paper's authors published
_SIGMA = 30.0
_CHECKED = {"illumination": (1500.0, 1 / 3), "noise": (200.0, 2 / 3)}  # the most, and the share of patches


@RECIPES.register
class Distorted(Recipe):
    """Quarter turns and flips, then a little illumination and noise on each patch (the paper, section II, "the third").

    The amplitude is uniform from 0 to 300 grey levels and sigma from 0 to 30. Image and labels go through one call:
    the authors' code drew other random numbers for some images than for their masks, and so learnt from wrong pairs.

    The best epoch is the one that goes farthest beyond that: it is picked by the Jaccard score on validation patches of
    which one in three has an amplitude of up to 1500 grey levels and the others a sigma of up to 200.
    """

    name = "distorted"
    monitor = "jaccard"

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        image, labels = turned(image, labels, rng)
        for artefact, most in (("illumination", _AMPLITUDE), ("noise", _SIGMA)):
            image, labels = ARTEFACTS.get(artefact).distort(image, labels, float(rng.uniform(0, most)), rng)
        return image, labels

    def draw_check(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.draw_check`."""
        artefact = str(rng.choice(list(_CHECKED), p=[share for _, share in _CHECKED.values()]))
        most, _ = _CHECKED[artefact]
        patch = turned(*cut(sample, PATCH_SIDE, rng), rng)
        return ARTEFACTS.get(artefact).distort(*patch, float(rng.uniform(0, most)), rng)
