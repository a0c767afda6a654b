"""What a training recipe is, and the registry of them."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from robustbench_cells.registry import Registry
from robustbench_cells.types import PATCHES_PER_FRAME, Image, Labels


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
    """

    name: str
    epochs: int = 60
    patience: int = 30
    batch_size: int = 2
    patches_per_frame: int = PATCHES_PER_FRAME
    learning_rate: float = 1e-3
    monitor: str = "accuracy"

    def augment(self, image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
        """A training patch (H, W) and its labels, transformed together by the one generator."""
        return image, labels


RECIPES: Registry[Recipe] = Registry("robustbench_cells.training.recipes", "recipe")
