"""The recipe of the equal networks, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import cos, pi
from typing import TYPE_CHECKING, Any

import numpy as np

from robustbench_cells.models.unet import build_unet
from robustbench_cells.randomness import generator
from robustbench_cells.training.network_parts import cross_entropy_and_jaccard
from robustbench_cells.training.recipes.distorted import Distorted
from robustbench_cells.types import Image, Labels, Sample

if TYPE_CHECKING:
    import keras

EPOCHS = 10
FILTERS = 4  # of the first level
SHIFT = 2  # pixels


class Small(Distorted):
    """The recipe ``distorted`` on a U-Net of a quarter of the filters (30,293 parameters): minutes on two cores.

    Two patches per frame and epoch, centred grey levels, the loss of the recipe ``robust``, the learning rate annealed
    by a cosine, no dropout. Validation patches are drawn as in training: the strong noise of those of ``distorted``
    would select an epoch long before the rate is low.
    """

    name = "small"
    epochs = EPOCHS
    patience = 100 * EPOCHS  # none
    patches_per_frame = 2
    learning_rate = 2e-3

    def draw_validation(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.draw_validation`."""
        return self.draw(sample, rng)

    def build(self, seed: int, dtype: str) -> keras.Model:
        """See `Recipe.build`."""
        return build_unet(seed, dtype=dtype, dropout=False, filters=FILTERS, scale=centre)

    def loss(self) -> Callable[[Any, Any], Any]:
        """See `Recipe.loss`."""
        return cross_entropy_and_jaccard

    def rate(self, done: float) -> float:
        """See `Recipe.rate`; cosine annealing to 0."""
        return self.learning_rate * (1 + cos(pi * done)) / 2


class TenTimesThePatches(Small):
    """Ten times the patches of each frame, so that a tenth of the frames gives as many steps."""

    name = "small, a tenth of the data"
    patches_per_frame = 20


class NotAugmented(Small):
    """No turns, no flips, no illumination and no noise, in training and for the choice of the best epoch."""

    name = "small, not augmented"

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        return image, labels


class ShiftedInFiles(Small):
    """Masks that lie 2 px to the right of their images, as from a faulty export; turns and flips come after that."""

    name = "small, masks shifted in the files"

    def draw(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.draw`."""
        return super().draw(_with_shifted_labels(sample), rng)


class ShiftedInPatches(Small):
    """Masks that lie 2 px to the right in each patch as it is learnt, as from a fault in the code that augments."""

    name = "small, masks shifted in the patches"

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.augment`."""
        image, labels = super().augment(image, labels, rng)
        return image, shift_right(labels)


class Memorised(TenTimesThePatches):
    """The same patch of each frame, distorted in the same way, again and again."""

    name = "small, one patch of each frame"

    def draw(self, sample: Sample, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Recipe.draw`; ``rng`` is not used."""
        return super().draw(sample, generator("memorised", sample.frame))


def centre(grey_levels: Any) -> Any:
    """Scale grey levels to [-4, 4): on [0, 1] so small a network does not learn from every seed."""
    from keras import layers

    return layers.Rescaling(1 / 32, offset=-4)(grey_levels)


def shift_right(labels: Labels) -> Labels:
    """Shift labels, (H, W), by two pixels to the right; background comes in from the left."""
    shifted = np.zeros_like(labels)
    shifted[:, SHIFT:] = labels[:, :-SHIFT]
    return shifted


def _with_shifted_labels(sample: Sample) -> Sample:
    return replace(sample, labels=shift_right(sample.labels))
