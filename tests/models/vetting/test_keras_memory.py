"""Large networks of real use pass the limits on work and memory, and are called with fewer images at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.interface import Interface
from robustbench_cells.models.runtimes.keras import KerasSegmenter
from robustbench_cells.models.unet import build_unet
from robustbench_cells.models.vetting.keras_memory import check_size
from robustbench_cells.types import BATCH
from tests.support.networks import tiny_network

keras = pytest.importorskip("keras", reason="needs the extra 'keras'")
layers = keras.layers

MILLIONS = 100_000_000  # numbers in the file: more than any of these networks has


def full_unet(filters: int = 64) -> Any:
    """The U-Net of Ronneberger et al., with normalisation: 31 million weights with 64 filters, 1024 at the bottom."""

    def level(x: Any, depth: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(filters * 2**depth, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        return x

    inputs = x = keras.Input((None, None, 1))
    skips = []
    for depth in range(4):
        skips.append(level(x, depth))
        x = layers.MaxPooling2D()(skips[-1])
    x = level(x, 4)
    for depth in reversed(range(4)):
        x = layers.Conv2DTranspose(filters * 2**depth, 2, strides=2)(x)
        x = level(layers.Concatenate()([skips.pop(), x]), depth)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


def large_kernels() -> Any:
    """Twelve blocks with depthwise kernels of 31 pixels, at a quarter of the resolution."""
    inputs = keras.Input((None, None, 1))
    x = layers.Conv2D(256, 4, strides=4)(inputs)
    for _ in range(12):
        y = layers.LayerNormalization()(layers.DepthwiseConv2D(31, padding="same")(x))
        x = layers.Add()([x, layers.Dense(256)(layers.Dense(1024, activation="gelu")(y))])
    return keras.Model(inputs, layers.UpSampling2D(4, interpolation="bilinear")(layers.Conv2D(1, 1)(x)))


def efficient_net() -> Any:
    return keras.applications.EfficientNetB0(weights=None, include_top=False, input_shape=(None, None, 3))


@pytest.mark.parametrize(
    ("build", "expected"),
    [(build_unet, BATCH), (efficient_net, BATCH), (full_unet, 4), (large_kernels, 2)],
)
def test_real_network_passes_with_fewer_images_a_call_if_it_is_large(
    build: Callable[[], Any], expected: int, tmp_path: Path
) -> None:
    assert check_size(tmp_path, build, MILLIONS, Interface()) == expected


def test_network_of_a_million_operations_too_many_is_refused_with_what_takes_them(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"multiply-adds, more than the \d+ allowed, most of them in .*conv"):
        check_size(tmp_path, lambda: full_unet(128), 10**9, Interface())


@pytest.mark.parametrize(("side", "halo", "is_refused"), [(64, 0, False), (128, 60, True)])
def test_work_counts_all_tiles_of_a_patch(side: int, halo: int, is_refused: bool, tmp_path: Path) -> None:
    interface = Interface(side=side, halo=halo)
    if is_refused:
        with pytest.raises(ModelError, match="16 patches in 289 tiles each"):
            check_size(tmp_path, build_unet, MILLIONS, interface)
    else:
        assert check_size(tmp_path, build_unet, MILLIONS, interface) == BATCH


@pytest.mark.parametrize(("declared", "is_refused"), [(1, False), (64, False), (65, True)])
def test_declared_batch_is_bounded(declared: int, is_refused: bool, tmp_path: Path) -> None:
    def build() -> Any:
        inputs = keras.Input((256, 256, 1), batch_size=declared)
        return keras.Model(inputs, layers.Conv2D(1, 3, padding="same")(inputs))

    if is_refused:
        with pytest.raises(ModelError, match="takes 65 images in each call, more than the 64 allowed"):
            check_size(tmp_path, build, MILLIONS, Interface())
    else:
        assert check_size(tmp_path, build, MILLIONS, Interface()) == declared


def test_size_of_a_call_changes_rounding_at_most() -> None:
    model = tiny_network(seed=1)
    images = np.random.default_rng(0).uniform(0, 255, (5, 256, 256)).astype(np.float32)
    large, small = (KerasSegmenter("mine", model, "", batch=batch).predict(images) for batch in (BATCH, 2))
    np.testing.assert_allclose(small, large, atol=1e-5)
