"""``.keras`` files: every allowed layer, and outputs selected by name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter, shipped_models
from robustbench_cells.models.probe import probe_images
from robustbench_cells.models.vetting.hdf5 import check_hdf5
from robustbench_cells.models.vetting.keras_config import read_config
from tests.support.extras import needs

pytestmark = needs("keras")


def test_network_with_every_allowed_layer_loads(tmp_path: Path) -> None:
    import keras
    from keras import layers

    inputs = keras.Input((64, 64, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(
        4, 3, padding="same", kernel_regularizer="l2", bias_regularizer=keras.regularizers.L1L2(), activation="gelu",
        kernel_constraint=keras.constraints.MinMaxNorm(), bias_constraint="non_neg", kernel_initializer="lecun_normal",
        dtype="mixed_bfloat16",
    )(x)  # fmt: skip
    x = layers.GroupNormalization(2)(layers.LayerNormalization()(layers.BatchNormalization(momentum=0.9)(x)))
    x = layers.RMSNormalization()(layers.UnitNormalization()(x))
    x = layers.SeparableConv2D(4, 3, padding="same", pointwise_constraint="max_norm", depthwise_constraint="unit_norm")(
        x
    )
    x = layers.DepthwiseConv2D(3, padding="same", depthwise_initializer=keras.initializers.TruncatedNormal())(x)
    x = layers.PReLU(shared_axes=[1, 2])(layers.ELU()(layers.LeakyReLU()(layers.ReLU(6.0)(x))))
    x = layers.Activation(keras.activations.silu)(layers.Softmax()(x))
    x = layers.ActivityRegularization(0.1)(layers.Identity()(layers.AlphaDropout(0.1)(x)))
    x = layers.GaussianNoise(0.1)(layers.GaussianDropout(0.1)(layers.SpatialDropout2D(0.1)(layers.Dropout(0.1)(x))))
    gates = [layers.GlobalAveragePooling2D(keepdims=True)(x), layers.GlobalMaxPooling2D(keepdims=True)(x)]
    x = layers.Multiply()([x, layers.Dense(4, kernel_initializer="ones")(layers.Add()(gates))])
    x = layers.Average()(
        [layers.Maximum()([x, x * 2.0]), layers.Minimum()([x, x / 2.0]), layers.Subtract()([x, x + x])]
    )
    low = layers.MaxPooling2D(2)(layers.ZeroPadding2D(2)(layers.Cropping2D(2)(x)))
    low = keras.ops.relu(layers.Permute((2, 1, 3))(layers.AveragePooling2D(2)(low)))
    low = layers.UpSampling2D(2, interpolation="bilinear")(layers.Conv2DTranspose(4, 2, strides=2)(low))
    low = layers.Resizing(64, 64)(layers.Reshape((64, 64, 4))(layers.Flatten()(low)))
    inner = keras.Sequential([keras.Input((64, 64, 8)), layers.Conv2D(2, 1)])
    block = keras.Model(
        entry := keras.Input((64, 64, 2)), layers.Conv2D(1, 1, kernel_initializer="random_normal")(entry)
    )
    outputs = layers.Activation("sigmoid")(
        block(inner(layers.Concatenate()([x, keras.ops.sqrt(keras.ops.square(low))])))
    )
    keras.Model(inputs, outputs).save(tmp_path / "all.keras")
    write_card(tmp_path / "all.toml", {"input": {"side": 64, "halo": 8}})
    assert load_segmenter(str(tmp_path / "all.keras")).predict(probe_images()).shape == (2, 256, 256)


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_file_has_as_many_numbers_as_its_network(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(shipped_models()[name]) as archive:
        config = read_config(tmp_path, archive.read("config.json"), modules=True)
        numbers = check_hdf5(tmp_path, Path(archive.extract("model.weights.h5", tmp_path)))
    assert config["class_name"] == "Functional"
    assert numbers == load_segmenter(name).model.count_params()  # type: ignore[attr-defined]


def test_one_of_several_outputs_is_selected_by_name(tmp_path: Path) -> None:
    import keras
    from keras import layers

    inputs = keras.Input((None, None, 1))
    unit = layers.Rescaling(1 / 255, name="unit")(inputs)
    keras.Model(inputs, [unit, layers.Rescaling(-1, 1, name="inverse")(unit)]).save(tmp_path / "two.keras")
    with pytest.raises(
        ModelError, match=r"several outputs \(unit, inverse\); choose one in two\.toml: \[output\] name = "
    ):
        load_segmenter(str(tmp_path / "two.keras"))
    for name, expected in (("unit", probe_images() / 255), ("inverse", 1 - probe_images() / 255)):
        write_card(tmp_path / "two.toml", {"output": {"name": name}})
        found = load_segmenter(str(tmp_path / "two.keras")).predict(probe_images())
        np.testing.assert_allclose(found, expected, atol=1e-6)
    write_card(tmp_path / "two.toml", {"output": {"name": "cells"}})
    with pytest.raises(ModelError, match=r"no output 'cells', which two\.toml declares; available: unit, inverse"):
        load_segmenter(str(tmp_path / "two.keras"))


def test_nested_outputs_are_selected_by_name(tmp_path: Path) -> None:
    import keras
    from keras import layers

    inputs = keras.Input((None, None, 1))
    half, whole, third = (
        layers.Rescaling(1 / by, name=name)(inputs) for name, by in (("half", 510), ("whole", 255), ("third", 765))
    )
    keras.Model(inputs, [[half, whole], third]).save(tmp_path / "nested.keras")
    write_card(tmp_path / "nested.toml", {"output": {"name": "whole"}})
    found = load_segmenter(str(tmp_path / "nested.keras")).predict(probe_images())
    np.testing.assert_allclose(found, probe_images() / 255, atol=1e-6)
    again = layers.Rescaling(1 / 255, name="again")
    keras.Model(inputs, [again(inputs), again(half)]).save(tmp_path / "twice.keras")
    write_card(tmp_path / "twice.toml", {"output": {"name": "again"}})
    with pytest.raises(ModelError, match="has duplicate outputs 'again'"):
        load_segmenter(str(tmp_path / "twice.keras"))


LAYERS = {  # of the input, and what they compute in inference
    "Normalization": ({"axis": None}, True),
    "Normalization of channels": ({}, True),
    "Normalization by numbers": ({"axis": None, "mean": 115.0, "variance": 900.0}, True),
    **{
        f"Random{name}": (options, False)
        for name, options in {
            "Brightness": {"factor": 0.2},
            "Contrast": {"factor": 0.2},
            "Erasing": {},
            "Flip": {"mode": "horizontal", "seed": 3},
            "GaussianBlur": {},
            "Invert": {},
            "Rotation": {"factor": 0.2},
            "Sharpness": {"factor": 0.5},
            "Translation": {"height_factor": 0.2, "width_factor": 0.1},
            "Zoom": {"height_factor": 0.2},
        }.items()
    },
}


@pytest.mark.parametrize("name", LAYERS)
def test_adapted_normalization_and_augmentation_load(name: str, tmp_path: Path) -> None:
    import keras
    from keras import layers

    options, normalizes = LAYERS[name]
    images = probe_images()
    layer = getattr(layers, name.split(maxsplit=1)[0])(**options)
    if normalizes and "mean" not in options:
        layer.adapt(images[..., None])
    inputs = keras.Input((None, None, 1))
    keras.Model(inputs, layers.Activation("sigmoid")(layer(inputs) / 20.0)).save(tmp_path / "mine.keras")
    values = images
    if normalizes:
        mean, variance = (115.0, 900.0) if "mean" in options else (images.mean(), images.var())
        values = (images - mean) / np.sqrt(variance)
    found = load_segmenter(str(tmp_path / "mine.keras")).predict(images)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-values / 20)), atol=1e-4)


def test_subclassed_model_is_named_as_one(tmp_path: Path) -> None:
    import keras

    class Mine(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")

        def call(self, images: object) -> object:
            return self.convolution(images)

    model = Mine()
    model.build((None, 256, 256, 1))
    model.save(tmp_path / "mine.keras")
    with pytest.raises(
        ModelError, match=r"is a subclassed model \(Mine\); .*export it to ONNX \(model\.export\(.*functional"
    ):
        load_segmenter(str(tmp_path / "mine.keras"))


def original_unet() -> Any:
    """The U-Net of Ronneberger et al. (2015): convolutions without padding, 572 px in and 388 px out; few filters."""
    import keras
    from keras import layers

    def level(x: Any, filters: int) -> Any:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, activation="relu", kernel_initializer=keras.initializers.HeNormal(filters))(x)
        return x

    inputs = keras.Input((572, 572, 1))
    x, skips = layers.Rescaling(1 / 255)(inputs), []
    for filters in (2, 2, 3, 3):
        skips.append(level(x, filters))
        x = layers.MaxPooling2D(2)(skips[-1])
    x = level(x, 4)
    for filters in (3, 3, 2, 2):
        x, skip = layers.Conv2DTranspose(filters, 2, strides=2)(x), skips.pop()
        border = (skip.shape[1] - x.shape[1]) // 2
        x = level(layers.Concatenate()([layers.Cropping2D(border)(skip), x]), filters)
    x = layers.Conv2D(1, 1, kernel_initializer=keras.initializers.Constant(20.0), activation="sigmoid")(x)
    return keras.Model(inputs, x)


def test_original_unet_runs_from_its_file(tmp_path: Path) -> None:
    model = original_unet()
    assert model.output_shape == (None, 388, 388, 1)
    model.save(tmp_path / "mine.keras")
    where = str(tmp_path / "mine.keras")
    with pytest.raises(ModelError, match=r"side and halo for tiles \(side = 572\)"):
        load_segmenter(where)
    write_card(tmp_path / "mine.toml", {"input": {"side": 572}})
    with pytest.raises(ModelError, match=r"returns shape \(16, 388, 388, 1\) .* in mine\.toml crop = 92 if"):
        load_segmenter(where)
    write_card(tmp_path / "mine.toml", {"input": {"side": 572}, "output": {"crop": 92}})
    images = probe_images()
    padded = np.pad(images, ((0, 0), (92, 92), (92, 92)), mode="reflect")
    padded = np.pad(padded, ((0, 0), (0, 132), (0, 132)), mode="symmetric")
    expected = model.predict(padded[..., None], verbose=0)[:, :256, :256, 0]
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(load_segmenter(where).predict(images), expected, atol=1e-5)
