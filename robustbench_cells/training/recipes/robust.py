"""Our own network."""

from __future__ import annotations

from math import exp

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.training.flips import turned
from robustbench_cells.training.recipes._base import RECIPES, Sturdy, cut
from robustbench_cells.types import PATCH_SIDE, Image, Labels, Sample

_AMPLITUDES = (30.0, 5000.0)  # grey levels, log-uniform
_SIGMA = 220.0  # grey levels at most, uniform
_ZOOMS = (0.45, 5.5)  # the square root is uniform: a log-uniform one leaves few patches that hold no cell
_MIXTURE = {  # what is done to a patch, and to what share of them
    (): 0.10,
    ("illumination",): 0.14,
    ("noise",): 0.32,
    ("cell_size",): 0.32,
    ("illumination", "noise"): 0.04,
    ("cell_size", "illumination"): 0.04,
    ("cell_size", "noise"): 0.04,
}


@RECIPES.register
class Robust(Sturdy):
    """The same U-Net made sturdy: wide illumination, noise and zoom, a contrast that is local, no border cells.

    One patch in ten is clean, most have one artefact and one in eight has two. A second channel is the input less its
    surroundings and at unit variance, so that a slope of light and a stretched contrast are gone before the first
    convolution. The loss adds the Jaccard score that the paper judges by.
    """

    name = "robust"

    def draw(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.draw`; the view is as large as its zoom needs."""
        done = list(_MIXTURE)[int(rng.choice(len(_MIXTURE), p=list(_MIXTURE.values())))]
        cell_size = ARTEFACTS.get("cell_size")
        zoom = rng.uniform(*np.sqrt(_ZOOMS)) ** 2 if "cell_size" in done else cell_size.neutral
        zoom = max(zoom, PATCH_SIDE / min(sample.image.shape))
        view = cut(sample, cell_size.view_side(zoom, PATCH_SIDE), rng)
        image, labels = turned(*cell_size.distort(*view, zoom, rng), rng)
        if "illumination" in done:
            amplitude = exp(rng.uniform(*np.log(_AMPLITUDES)))
            image, labels = ARTEFACTS.get("illumination").distort(image, labels, amplitude, rng)
        if "noise" in done:
            image, labels = ARTEFACTS.get("noise").distort(image, labels, float(rng.uniform(0, _SIGMA)), rng)
        return image, labels
