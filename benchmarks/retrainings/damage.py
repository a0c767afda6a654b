"""What can go wrong with a network after its training."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.retrainings.recipes import FILTERS
from robustbench_cells.files.atomic import atomic_path
from robustbench_cells.models.card import card_path, write_card
from robustbench_cells.models.unet import build_unet
from robustbench_cells.randomness import generator

_NOISE = 0.05  # standard deviation of the noise, as a share of that of each array of weights


def add_noise_to_weights(parent: Path, out: Path, seed: int) -> None:
    """Add Gaussian noise to each array of weights, of 5 % of the array's own standard deviation."""
    model = _load(parent)
    noisy = [
        weights + _NOISE * weights.std() * generator(seed, "weights", index).standard_normal(weights.shape)
        for index, weights in enumerate(model.get_weights())
    ]
    model.set_weights([weights.astype(np.float32) for weights in noisy])
    _save(model, out)


def declare_wrong_range(parent: Path, out: Path, seed: int) -> None:
    """Declare in the card that the network takes grey levels in [0, 1], although it scales [0, 255] itself."""
    with atomic_path(out) as temporary:
        shutil.copyfile(parent, temporary)
    write_card(card_path(out), {"name": out.stem, "input": {"range": [0.0, 1.0]}})


def forget_scaling(parent: Path, out: Path, seed: int) -> None:
    """Save the network without its scaling of grey levels, and without a card that says so."""
    trained = _load(parent)
    bare = build_unet(dropout=False, filters=FILTERS, scale=lambda grey_levels: grey_levels)
    bare.set_weights(trained.get_weights())
    _save(bare, out)


def _load(path: Path) -> Any:
    import keras

    return keras.saving.load_model(path, compile=False)


def _save(model: Any, out: Path) -> None:
    with atomic_path(out) as temporary:
        model.save(temporary)
