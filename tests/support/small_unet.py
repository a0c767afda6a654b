"""The paper's U-Net with an eighth of its filters: every kind of its layers, trained, and quick to run and to load.

``python -m tests.support.small_unet`` trains it again, on synthetic frames.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells import open_dataset
from robustbench_cells.models.unet import build_unet

_WEIGHTS = Path(__file__).with_suffix(".npz")
_SHARE, _SIDE, _PATCHES = 8, 128, 400


def small_unet() -> Any:
    """Build it with its trained weights; its Jaccard score on the embedded test frames is 0.8."""
    pytest.importorskip("keras", reason="needs the extra 'keras'")
    network = narrowed(build_unet())
    with np.load(_WEIGHTS) as weights:
        network.set_weights([weights[name] for name in weights.files])
    return network


def narrowed(network: Any) -> Any:
    """Build a network with an eighth of the filters of that one, with fresh weights."""
    import keras

    config = network.get_config()
    for layer in config["layers"]:
        layer.pop("build_config", None)
        if layer["config"].get("filters", 1) > 1:
            layer["config"]["filters"] //= _SHARE
    return keras.Model.from_config(config)


def _train() -> None:
    import keras

    network, rng = narrowed(build_unet()), np.random.default_rng(0)
    frames = open_dataset("synthetic", "train")
    samples = [frames.read(name) for name in frames.frames]
    images, labels = [], []
    for number in rng.integers(len(samples), size=_PATCHES):
        sample = samples[number]
        row, column = (rng.integers(length - _SIDE) for length in sample.image.shape)
        part = slice(row, row + _SIDE), slice(column, column + _SIDE)
        images.append(sample.image[part])
        labels.append(sample.labels[part] > 0)
    network.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", jit_compile=False)
    network.fit(np.stack(images)[..., None], np.stack(labels)[..., None].astype(np.float32), batch_size=8, epochs=12)
    np.savez_compressed(_WEIGHTS, **{f"w{number:02}": value for number, value in enumerate(network.get_weights())})


if __name__ == "__main__":
    _train()
