"""Our own network."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, exp, log, pi
from typing import TYPE_CHECKING, Any

import numpy as np

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.models import build_unet
from robustbench_cells.training.recipes._registry import RECIPES, Recipe, cut
from robustbench_cells.training.recipes._turns import turned
from robustbench_cells.types import PATCH_SIDE, Image, Labels, Sample

if TYPE_CHECKING:
    import keras

_AMPLITUDES = (30.0, 5000.0)  # grey levels, log-uniform
_SIGMA = 220.0  # grey levels at most, uniform
_ZOOMS = (0.45, 5.5)  # log-uniform


@RECIPES.register
class Robust(Recipe):
    """The same U-Net made sturdy: wide illumination, noise and zoom, a contrast that is local, no border cells.

    Half of the patches are zoomed, a quarter illuminated, two fifths noisy and a tenth both. The input is laid beside
    its surroundings and brought to unit variance, so that a slope of light and a stretched contrast are gone before the
    first convolution. The loss adds the Jaccard score that the paper judges by.
    """

    name = "robust"
    epochs = 120
    patience = 120
    batch_size = 4
    learning_rate = 2e-3
    monitor = "jaccard"
    margin = 25

    def draw(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.draw`; the view is as large as its zoom needs."""
        cell_size = ARTEFACTS.get("cell_size")
        zoom = _log_uniform(_ZOOMS, rng) if rng.random() < 0.5 else cell_size.neutral
        zoom = max(zoom, PATCH_SIDE / min(sample.image.shape))
        view = cut(sample, cell_size.view_side(zoom, PATCH_SIDE), rng)
        return self.augment(*cell_size.distort(*view, zoom, rng), rng)

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        image, labels = turned(image, labels, rng)
        kind = rng.choice(["none", "illumination", "noise", "both"], p=[0.25, 0.25, 0.40, 0.10])
        if kind in {"illumination", "both"}:
            image, labels = ARTEFACTS.get("illumination").distort(image, labels, _log_uniform(_AMPLITUDES, rng), rng)
        if kind in {"noise", "both"}:
            image, labels = ARTEFACTS.get("noise").distort(image, labels, float(rng.uniform(0, _SIGMA)), rng)
        return image, labels

    def build(self, seed: int, dtype: str) -> keras.Model:
        """See `Recipe.build`: no dropout, since no patch comes twice."""
        return build_unet(seed, dtype=dtype, dropout=False, scale=local_contrast)

    def loss(self) -> Callable[[Any, Any], Any]:
        """See `Recipe.loss`."""
        return cross_entropy_and_jaccard

    def rate(self, done: float) -> float:
        """See `Recipe.rate`: half a cosine, from the whole rate to nothing."""
        return self.learning_rate * (1 + cos(pi * done)) / 2


def _log_uniform(ends: tuple[float, float], rng: np.random.Generator) -> float:
    return exp(rng.uniform(log(ends[0]), log(ends[1])))


def local_contrast(grey_levels: Any) -> Any:
    """Two channels of unit variance: the image less its surroundings, and the image itself.

    Fixed layers of Keras' own in float32: beside a spot of 4000 grey levels a cell is a hundredth of the range. The
    surroundings are the mean of about 12 px, so wide that a cell stands out and so narrow that a spot does not.
    """
    from keras import layers

    coarse = layers.AveragePooling2D(3, strides=1, padding="same")(layers.AveragePooling2D(4)(grey_levels))
    surroundings = layers.UpSampling2D(4, interpolation="bilinear")(coarse)
    bands = layers.Subtract()([grey_levels, surroundings]), grey_levels
    normal = [layers.GroupNormalization(1, epsilon=1e-6, center=False, scale=False)(band) for band in bands]
    return layers.Concatenate()(normal)


def cross_entropy_and_jaccard(truth: Any, probability: Any) -> Any:
    """Binary cross-entropy plus one minus the soft Jaccard score, each patch (H, W, 1) for itself.

    The soft score (Rahman and Wang 2016) counts one pixel more in both: nothing found where nothing is scores 1.
    """
    from keras import losses, ops

    both = ops.sum(truth * probability, axis=(1, 2, 3))
    either = ops.sum(truth + probability, axis=(1, 2, 3)) - both
    entropy = ops.mean(losses.binary_crossentropy(truth, probability), axis=(1, 2))
    return entropy + 1 - (both + 1) / (either + 1)
