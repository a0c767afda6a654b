"""Models in memory: Keras models, objects, and the digest of functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError, RobustbenchError
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.callables import segmenter_from
from robustbench_cells.models.probe import probe_images


def test_keras_model_predicts_as_itself() -> None:
    keras = pytest.importorskip("keras", reason="needs the extra 'keras'")
    from tests.support.networks import tiny_network

    model, other = (tiny_network(seed) for seed in (1, 2))
    segmenter = segmenter_from("mine", model)
    images = probe_images()
    expected = np.asarray(keras.ops.convert_to_numpy(model(images[..., None])))[..., 0]
    np.testing.assert_allclose(segmenter.predict(images), expected, atol=1e-6)
    assert segmenter.name == "mine"
    assert segmenter.digest == segmenter_from("mine", model).digest != segmenter_from("mine", other).digest


def test_attribute_digest_counts_and_so_does_the_code() -> None:
    def make(text: str, level: float) -> Any:
        def model(images: np.ndarray) -> np.ndarray:
            return images > level

        model.digest = text  # type: ignore[attr-defined]
        return model

    first = segmenter_from("mine", make("version 7", 150)).digest
    assert first == segmenter_from("mine", make("version 7", 150)).digest
    assert first != segmenter_from("mine", make("version 8", 150)).digest

    def other(images: np.ndarray) -> np.ndarray:
        return images > 150 + 0

    other.digest = "version 7"  # type: ignore[attr-defined]
    assert first != segmenter_from("mine", other).digest


def test_code_of_a_segmenter_counts_beside_its_digest() -> None:
    class Model:
        name, digest = "a", "1"

        def predict(self, images: np.ndarray) -> np.ndarray:
            return (images > 150).astype(np.float32)

    before = segmenter_from("mine", Model())
    assert before.digest == segmenter_from("other", Model()).digest != Model.digest
    assert (before.name, Model.name) == ("mine", "a")
    for one in BASELINES:  # the record cache knows the code of these
        assert segmenter_from("mine", one).digest == one.digest


@pytest.mark.parametrize("result", [ValueError("wrong shape"), SystemExit(0), None, np.zeros(3)], ids=repr)
def test_segmenter_that_fails_on_probe_images_is_refused_with_its_name(result: Any) -> None:
    class Model:
        name, digest = "a", "1"

        def predict(self, images: np.ndarray) -> Any:
            if isinstance(result, BaseException):
                raise result
            return result

    with pytest.raises(RobustbenchError, match=r"^mine: "):
        segmenter_from("mine", Model())


def test_keras_model_that_fails_on_probe_images_is_refused_with_its_name() -> None:
    keras = pytest.importorskip("keras", reason="needs the extra 'keras'")
    inputs = keras.Input((None, None, 1))

    class Failing(keras.layers.Layer):
        def call(self, images: Any) -> Any:
            return keras.ops.reshape(images, (-1, 77, 77, 1))

    with pytest.raises(ModelError, match=r"^mine: fails on probe images of 256 px \((InvalidArgument|Value)Error: "):
        segmenter_from("mine", keras.Model(inputs, Failing()(inputs)))


def test_digest_of_a_function_does_not_depend_on_its_name() -> None:
    def make(level: float):
        return lambda images: images > level

    assert segmenter_from("a", make(1.0 + 100)).digest == segmenter_from("b", make(101.0)).digest


def test_object_with_a_reference_to_itself_has_a_digest() -> None:
    class Model:
        def __init__(self) -> None:
            self.me = self
            self.parts = {"me": [self]}

        def predict(self, images: np.ndarray) -> np.ndarray:
            return images > 150

    assert segmenter_from("loop", Model()).digest


def test_random_model_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ModelError, match="dice: "):
        segmenter_from("dice", lambda images: rng.random(images.shape) > 0.5)
