"""The formats of the Keras family, each with a file that Keras or TensorFlow wrote."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path, write_card
from robustbench_cells.models.loading import load_segmenter, shipped_models
from robustbench_cells.models.probe import probe_images
from robustbench_cells.models.unet import build_unet
from robustbench_cells.models.vetting.hdf5 import check_hdf5
from robustbench_cells.models.vetting.keras_config import read_config
from robustbench_cells.types import Segmenter
from tests.support.extras import needs

pytestmark = needs("keras")

TIE = 1e-4  # how near to 0.5 a probability may fall to either side


def as_weights(folder: Path, model: object) -> Path:
    model.save_weights(folder / "net.weights.h5")  # type: ignore[attr-defined]
    return folder / "net.weights.h5"


def as_legacy(folder: Path, model: object) -> Path:
    model.save(folder / "net.h5")  # type: ignore[attr-defined]
    write_card(folder / "net.toml", {"file": {"legacy_h5": True}})
    return folder / "net.h5"


def as_exported(folder: Path, model: object) -> Path:
    model.export(folder / "net", verbose=False)  # type: ignore[attr-defined]
    return folder / "net"


def as_tf_keras_2_did(folder: Path, model: object) -> Path:
    """One signature, called serving_default, and nothing that Keras 3 adds."""
    import tensorflow as tf

    call = tf.function(model, input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name="grey_levels")])
    holder = tf.Module()
    holder.model = model
    tf.saved_model.save(holder, str(folder / "net"), signatures={"serving_default": call.get_concrete_function()})
    return folder / "net"


@pytest.fixture(scope="module")
def shipped() -> tuple[Segmenter, object]:
    """A trained network, whose masks are not all of one kind."""
    segmenter = load_segmenter("unet_original")
    return segmenter, segmenter.model  # type: ignore[attr-defined]


def differing(one: Segmenter, other: Segmenter) -> float:
    """Share of pixels on which two masks differ, ties left out."""
    images = probe_images()
    first, second = one.predict(images), other.predict(images)
    sure = np.abs(first - 0.5) > TIE
    assert 0.005 < (first > 0.5).mean() < 0.995
    return float(((first > 0.5) != (second > 0.5))[sure].mean())


def test_what_tf_keras_2_saved_gives_the_same_masks(shipped: tuple[Segmenter, object], tmp_path: Path) -> None:
    segmenter, model = shipped
    assert differing(segmenter, load_segmenter(str(as_tf_keras_2_did(tmp_path, model)), trusted=True)) == 0


@pytest.mark.parametrize("save", [as_weights, as_legacy, as_exported])
def test_what_a_card_declares_holds_in_every_format(
    save: Callable[[Path, object], Path], shipped: tuple[Segmenter, object], tmp_path: Path
) -> None:
    segmenter, model = shipped
    path = save(tmp_path, model)
    card = {"input": {"range": [255.0, 0.0]}, "file": {"legacy_h5": True}}
    write_card(card_path(path), card)
    images = probe_images()
    found = load_segmenter(str(path), trusted=True).predict(images)
    np.testing.assert_allclose(found, segmenter.predict(255 - images), atol=1e-4)


def test_the_names_of_models_without_a_card(tmp_path: Path) -> None:
    path = as_weights(tmp_path, build_unet(seed=1))
    assert load_segmenter(str(path)).name == "net.weights"
    assert card_path(path).name == "net.weights.toml"


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(3, 3)]).save_weights(path)
    with pytest.raises(ModelError, match=r"other\.weights\.h5: Keras cannot load it .*build_unet.* save the whole"):
        load_segmenter(str(path))


def test_the_old_format_is_read_only_where_that_is_meant(tmp_path: Path) -> None:
    path = as_legacy(tmp_path, build_unet(seed=1))
    card_path(path).unlink()
    with pytest.raises(
        ModelError, match=r"(?s)net\.h5: is in Keras' old format.*net\.toml:.*\[file\]\nlegacy_h5 = true"
    ):
        load_segmenter(str(path))
    card_path(path).write_text("[file]\nlegacy_h5 = false\n")
    with pytest.raises(ModelError, match="old format"):
        load_segmenter(str(path))
    card_path(path).write_text("[file]\nlegacy_h6 = true\n")
    with pytest.raises(ModelError, match="legacy_h6"):
        load_segmenter(str(path))


def test_an_old_file_of_weights_alone(tmp_path: Path) -> None:
    import h5py

    path = as_legacy(tmp_path, build_unet(seed=1))
    with h5py.File(path, "r+") as file:
        del file.attrs["model_config"]
    with pytest.raises(ModelError, match=r"net\.h5: holds no network"):
        load_segmenter(str(path))


def test_what_keras_2_wrote_and_keras_3_does_not_know(shipped: tuple[Segmenter, object], tmp_path: Path) -> None:
    import h5py

    segmenter, model = shipped
    path = as_legacy(tmp_path, model)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            inside = layer["config"]
            if layer["class_name"] == "Conv2DTranspose":
                inside |= {"groups": 1, "output_padding": None}
            if layer["class_name"] == "InputLayer":
                inside["batch_input_shape"] = inside.pop("batch_shape")
                inside.pop("optional", None)
            else:
                tensors = [part["config"]["keras_history"] for part in _tensors(layer["inbound_nodes"])]
                layer["inbound_nodes"] = [[[*history, {}] for history in tensors]]
            inside["dtype"] = "float32"
            for key in ("kernel_initializer", "bias_initializer"):
                if key in inside:
                    inside[key].pop("module", None)
                    inside[key].pop("registered_name", None)
        assert "module" not in json.dumps(config)
        file.attrs["model_config"] = json.dumps(config)
    assert differing(segmenter, load_segmenter(str(path))) == 0


def _tensors(value: object) -> list[dict]:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [tensor for part in parts for tensor in _tensors(part)]


def test_a_saved_model_is_a_program(shipped: tuple[Segmenter, object], tmp_path: Path) -> None:
    folder = as_exported(tmp_path, shipped[1])
    with pytest.raises(ModelError, match=r"its graph may read and write files.*--rb-trust-model"):
        load_segmenter(str(folder))
    (folder / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"net: Keras cannot load it"):
        load_segmenter(str(folder), trusted=True)


def test_a_saved_model_needs_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match=r"runs on TensorFlow only.*KERAS_BACKEND=tensorflow"):
        load_segmenter(str(tmp_path / "saved"), trusted=True)


def test_a_network_of_every_layer_that_is_allowed_loads(tmp_path: Path) -> None:
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
def test_a_shipped_file_holds_what_its_network_has(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(shipped_models()[name]) as archive:
        config = read_config(tmp_path, archive.read("config.json"), modules=True)
        numbers = check_hdf5(tmp_path, Path(archive.extract("model.weights.h5", tmp_path)))
    assert config["class_name"] == "Functional"
    assert numbers == load_segmenter(name).model.count_params()  # type: ignore[attr-defined]


def test_one_of_several_outputs_is_taken_by_its_name(tmp_path: Path) -> None:
    import keras
    from keras import layers

    inputs = keras.Input((None, None, 1))
    unit = layers.Rescaling(1 / 255, name="unit")(inputs)
    keras.Model(inputs, [unit, layers.Rescaling(-1, 1, name="inverse")(unit)]).save(tmp_path / "two.keras")
    with pytest.raises(
        ModelError, match=r"several outputs \(unit, inverse\); say which in two\.toml: \[output\] name = "
    ):
        load_segmenter(str(tmp_path / "two.keras"))
    for name, wanted in (("unit", probe_images() / 255), ("inverse", 1 - probe_images() / 255)):
        write_card(tmp_path / "two.toml", {"output": {"name": name}})
        found = load_segmenter(str(tmp_path / "two.keras")).predict(probe_images())
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    write_card(tmp_path / "two.toml", {"output": {"name": "cells"}})
    with pytest.raises(ModelError, match=r"no output 'cells', which two\.toml names; there are: unit, inverse"):
        load_segmenter(str(tmp_path / "two.keras"))


def test_outputs_are_counted_however_they_are_nested(tmp_path: Path) -> None:
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
    with pytest.raises(ModelError, match="has several outputs that are called 'again'"):
        load_segmenter(str(tmp_path / "twice.keras"))


def test_one_of_several_outputs_of_a_saved_model(tmp_path: Path) -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32)])
    def call(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"unit": images / 255, "inverse": 1 - images / 255}

    tf.saved_model.save(tf.Module(), str(tmp_path / "net"), signatures={"serving_default": call})
    with pytest.raises(ModelError, match=r"several outputs \(inverse, unit\)"):
        load_segmenter(str(tmp_path / "net"), trusted=True)
    write_card(tmp_path / "net.toml", {"output": {"name": "inverse"}})
    found = load_segmenter(str(tmp_path / "net"), trusted=True).predict(probe_images())
    np.testing.assert_allclose(found, 1 - probe_images() / 255, atol=1e-6)
