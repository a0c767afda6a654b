"""The third network of the paper."""

from __future__ import annotations

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.training.flips import flip_randomly
from robustbench_cells.training.recipes._base import RECIPES, Recipe, cut_patch
from robustbench_cells.types import PATCH_SIDE, Image, Labels, Sample

_MAX_AMPLITUDE = 300.0  # grey levels; as in the code published by the paper's authors
_MAX_SIGMA = 30.0
_VALIDATION = {"illumination": (1500.0, 1 / 3), "noise": (200.0, 2 / 3)}  # maximum intensity, share of patches


@RECIPES.register
class Distorted(Recipe):
    """Quarter turns and flips, then mild illumination and noise on each patch (the paper, section II, "the third").

    Amplitudes are uniform from 0 to 300 grey levels, sigmas from 0 to 30. Image and labels are transformed in one call:
    the authors' code drew different random numbers for some images and their masks, and so learnt from wrong pairs.

    The best epoch is the one that generalises best beyond these intensities, by the Jaccard score on validation patches
    of which a third have amplitudes up to 1500 grey levels and the others sigmas up to 200.
    """

    name = "distorted"
    monitor = "jaccard"

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        image, labels = flip_randomly(image, labels, rng)
        for artefact, maximum in (("illumination", _MAX_AMPLITUDE), ("noise", _MAX_SIGMA)):
            image, labels = ARTEFACTS.get(artefact).distort(image, labels, float(rng.uniform(0, maximum)), rng)
        return image, labels

    def draw_validation(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.draw_validation`."""
        artefact = str(rng.choice(list(_VALIDATION), p=[share for _, share in _VALIDATION.values()]))
        maximum, _ = _VALIDATION[artefact]
        patch = flip_randomly(*cut_patch(sample, PATCH_SIDE, rng), rng)
        return ARTEFACTS.get(artefact).distort(*patch, float(rng.uniform(0, maximum)), rng)
