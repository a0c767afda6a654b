"""Contract and registry of training recipes, and the base of those with local contrast."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from robustbench_cells.engine.patches import cut_patches
from robustbench_cells.models.unet import build_unet
from robustbench_cells.registry import Registry
from robustbench_cells.training.network_parts import cross_entropy_and_jaccard, local_contrast, remove_small_components
from robustbench_cells.types import PATCH_SIDE, PATCHES_PER_FRAME, Image, Labels, Sample

if TYPE_CHECKING:
    import keras


class Recipe(Protocol):
    """How to train a U-Net: one class per file. The defaults are the paper's (section II).

    Attributes
    ----------
    name
        Value of ``--recipe``.
    epochs, patience
        Maximum number of epochs, and number without a better validation score after which training stops.
    batch_size, patches_per_frame
        Patches per step, and patches per frame and epoch.
    learning_rate
        Learning rate of Adam.
    monitor
        Metric whose mean over the validation patches selects the best epoch.
    margin
        Pixels to crop on each side of a frame, where annotators left cells unlabelled.
    """

    name: str
    epochs: int = 60
    patience: int = 30
    batch_size: int = 2
    patches_per_frame: int = PATCHES_PER_FRAME
    learning_rate: float = 1e-3
    monitor: str = "accuracy"
    margin: int = 0

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """Transform a patch (H, W) and its labels together, by one generator."""
        return image, labels

    def draw(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """Draw a training patch of a frame: image (256, 256) and labels."""
        return self.augment(*cut_patch(sample, PATCH_SIDE, rng), rng)

    def draw_validation(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """Draw a validation patch, for the choice of the best epoch: by default as in training."""
        return self.draw(sample, rng)

    def build(self, seed: int, dtype: str) -> keras.Model:
        """Build the network with fresh weights; ``dtype`` is a precision policy of Keras."""
        return build_unet(seed, dtype=dtype)

    def loss(self) -> str | Callable[[Any, Any], Any]:
        """Choose the ``loss`` of `keras.Model.compile`."""
        return "binary_crossentropy"

    def rate(self, done: float) -> float:
        """Compute the learning rate of an epoch before which a share ``done``, from 0 to 1, of all epochs is over."""
        return self.learning_rate


def cut_patch(sample: Sample, side: int, rng: np.random.Generator) -> tuple[Image, Labels]:
    """Cut a square of ``side`` pixels at a random place."""
    (patch,) = cut_patches(sample, side, 1, seed=int(rng.integers(2**62)))
    return patch.image, patch.labels


RECIPES: Registry[Recipe] = Registry(
    "robustbench_cells.training.recipes", "recipe", Recipe, "robustbench_cells.recipes"
)


class LocalContrastRecipe(Recipe):
    """Base of recipes for the U-Net with local contrast, trained in the field of interest with cosine annealing."""

    epochs = 120
    patience = 120
    batch_size = 4
    learning_rate = 2e-3
    monitor = "jaccard"
    margin = 25

    def build(self, seed: int, dtype: str) -> keras.Model:
        """See `Recipe.build`; without dropout, since no patch is repeated."""
        return build_unet(seed, dtype=dtype, dropout=False, scale=local_contrast, finish=remove_small_components)

    def loss(self) -> Callable[[Any, Any], Any]:
        """See `Recipe.loss`."""
        return cross_entropy_and_jaccard

    def rate(self, done: float) -> float:
        """See `Recipe.rate`; cosine annealing to 0."""
        return self.learning_rate * (1 + cos(pi * done)) / 2
