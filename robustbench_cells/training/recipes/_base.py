"""What a training recipe is, and the registry of them."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from robustbench_cells.engine.patches import cut_patches
from robustbench_cells.models.unet import build_unet
from robustbench_cells.registry import Registry
from robustbench_cells.training.network_parts import cross_entropy_and_jaccard, local_contrast, without_specks
from robustbench_cells.types import PATCH_SIDE, PATCHES_PER_FRAME, Image, Labels, Sample

if TYPE_CHECKING:
    import keras


class Recipe(Protocol):
    """How a U-Net is trained: one class a file. What is set here is the paper's (section II).

    Attributes
    ----------
    name
        For ``--recipe``.
    epochs, patience
        Most epochs, and how many without a better validation score end the training.
    batch_size, patches_per_frame
        Patches a step, and patches that each frame gives an epoch.
    learning_rate
        Of Adam.
    monitor
        The metric whose mean over the validation patches picks the best epoch.
    margin
        Pixels left out at the border of each frame, where annotators left cells out.
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
        """A patch (H, W) and its labels, transformed together by the one generator."""
        return image, labels

    def draw(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """One patch of a frame, image (256, 256) and labels, as the network is to see it in training."""
        return self.augment(*cut(sample, PATCH_SIDE, rng), rng)

    def draw_check(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """One patch of a validation frame, by which the best epoch is picked: as in training, if not overridden."""
        return self.draw(sample, rng)

    def build(self, seed: int, dtype: str) -> keras.Model:
        """The network, with fresh weights; ``dtype`` is Keras' name of a precision."""
        return build_unet(seed, dtype=dtype)

    def loss(self) -> str | Callable[[Any, Any], Any]:
        """What `keras.Model.compile` takes as ``loss``."""
        return "binary_crossentropy"

    def rate(self, done: float) -> float:
        """Adam's learning rate in the epoch before which a share ``done``, from 0 to 1, of the epochs is over."""
        return self.learning_rate


def cut(sample: Sample, side: int, rng: np.random.Generator) -> tuple[Image, Labels]:
    """A square of ``side`` pixels from a place that the generator chooses."""
    (patch,) = cut_patches(sample, side, 1, seed=int(rng.integers(2**62)))
    return patch.image, patch.labels


RECIPES: Registry[Recipe] = Registry(
    "robustbench_cells.training.recipes", "recipe", Recipe, "robustbench_cells.recipes"
)


class Sturdy(Recipe):
    """A recipe for the U-Net with local contrast, inside the field of interest; half a cosine of learning rates."""

    epochs = 120
    patience = 120
    batch_size = 4
    learning_rate = 2e-3
    monitor = "jaccard"
    margin = 25

    def build(self, seed: int, dtype: str) -> keras.Model:
        """See `Recipe.build`: no dropout, since no patch comes twice."""
        return build_unet(seed, dtype=dtype, dropout=False, scale=local_contrast, finish=without_specks)

    def loss(self) -> Callable[[Any, Any], Any]:
        """See `Recipe.loss`."""
        return cross_entropy_and_jaccard

    def rate(self, done: float) -> float:
        """See `Recipe.rate`: half a cosine, from the whole rate to nothing."""
        return self.learning_rate * (1 + cos(pi * done)) / 2
