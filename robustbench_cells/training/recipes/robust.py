"""The network of this package."""

from __future__ import annotations

from math import exp

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.training.flips import flip_randomly
from robustbench_cells.training.recipes._base import RECIPES, LocalContrastRecipe, cut_patch
from robustbench_cells.types import PATCH_SIDE, Image, Labels, Sample

_AMPLITUDES = (30.0, 5000.0)  # grey levels, log-uniform
_MAX_SIGMA = 220.0  # grey levels, uniform
_ZOOMS = (0.45, 5.5)  # with uniform square root: log-uniform zooms would leave few patches without cells
_MIXTURE = {  # artefacts of a patch, and share of such patches
    (): 0.10,
    ("illumination",): 0.14,
    ("noise",): 0.32,
    ("cell_size",): 0.32,
    ("illumination", "noise"): 0.04,
    ("cell_size", "illumination"): 0.04,
    ("cell_size", "noise"): 0.04,
}


@RECIPES.register
class Robust(LocalContrastRecipe):
    """The U-Net made robust: wide ranges of illumination, noise and zoom, local contrast, no border cells.

    One patch in ten is clean, most have one artefact and one in eight has two. A second channel is the input minus its
    local mean at unit variance, which removes illumination gradients and contrast stretches before the first
    convolution. The loss adds the Jaccard score, the paper's measure.
    """

    name = "robust"

    def draw(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.draw`; the view is as large as its zoom needs."""
        artefacts = list(_MIXTURE)[int(rng.choice(len(_MIXTURE), p=list(_MIXTURE.values())))]
        cell_size = ARTEFACTS.get("cell_size")
        zoom = rng.uniform(*np.sqrt(_ZOOMS)) ** 2 if "cell_size" in artefacts else cell_size.neutral
        zoom = max(zoom, PATCH_SIDE / min(sample.image.shape))
        view = cut_patch(sample, cell_size.view_side(zoom, PATCH_SIDE), rng)
        image, labels = flip_randomly(*cell_size.distort(*view, zoom, rng), rng)
        if "illumination" in artefacts:
            amplitude = exp(rng.uniform(*np.log(_AMPLITUDES)))
            image, labels = ARTEFACTS.get("illumination").distort(image, labels, amplitude, rng)
        if "noise" in artefacts:
            image, labels = ARTEFACTS.get("noise").distort(image, labels, float(rng.uniform(0, _MAX_SIGMA)), rng)
        return image, labels
