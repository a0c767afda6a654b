"""Patches of each epoch: different between epochs, the same in every run."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from robustbench_cells.randomness import generator
from robustbench_cells.training.recipes import Recipe
from robustbench_cells.types import Image, Masks, Sample


class Epoch(keras.utils.PyDataset):
    """Batches (images, masks) of one epoch of training, each float32 (N, H, W, 1).

    A patch depends on (seed, epoch, frame, index) alone, so that a resumed run sees the same patches.
    """

    def __init__(self, samples: Sequence[Sample], recipe: Recipe, seed: int, epoch: int) -> None:
        super().__init__()
        self._samples = samples
        self._recipe = recipe
        self._seed = seed
        self._epoch = epoch
        places = [(frame, index) for frame in range(len(samples)) for index in range(recipe.patches_per_frame)]
        self._places = generator(seed, "order", epoch).permutation(places)

    def __len__(self) -> int:
        return len(self._places) // self._recipe.batch_size

    def __getitem__(self, step: int) -> tuple[Image, Image]:
        size = self._recipe.batch_size
        pairs = [self._patch(frame, index) for frame, index in self._places[step * size : (step + 1) * size]]
        images, masks = (np.stack(side)[..., None].astype(np.float32) for side in zip(*pairs, strict=True))
        return images, masks

    def _patch(self, frame: int, index: int) -> tuple[Image, Masks]:
        sample = self._samples[frame]
        rng = generator(self._seed, "training", self._epoch, sample.frame, int(index))
        image, labels = self._recipe.draw(sample, rng)
        return image, labels > 0


def draw_validation_patches(samples: Sequence[Sample], recipe: Recipe, seed: int) -> tuple[Image, Masks]:
    """Draw the patches that select the best epoch: images float32 (N, H, W), masks bool (N, H, W).

    They depend on the seed alone. The recipe draws them, so that the best epoch is the best at the recipe's purpose.
    """
    pairs = [
        recipe.draw_validation(sample, generator(seed, "validation", sample.frame, index))
        for sample in samples
        for index in range(recipe.patches_per_frame)
    ]
    return np.stack([image for image, _ in pairs]), np.stack([labels > 0 for _, labels in pairs])
