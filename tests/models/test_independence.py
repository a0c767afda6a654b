"""Models whose predictions depend on other images, on earlier ones or on chance are refused; others pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.independence import require_independence
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe, varied_images
from robustbench_cells.types import Image
from tests.support.networks import make_segmenter


def sigmoid(values: Image) -> Image:
    return (1 / (1 + np.exp(-values))).astype(np.float32)


def steady(images: Image) -> Image:
    return sigmoid((images - 115) / 6)


def running_mean() -> Callable[[Image], Image]:
    mean = 115.0

    def predict(images: Image) -> Image:
        nonlocal mean
        mean += 0.01 * (float(images.mean()) - mean)
        return sigmoid((images - mean) / 6)

    return predict


def mean_of_all_seen() -> Callable[[Image], Image]:
    """As the normalisation over a data set, image by image."""
    seen: list[float] = []

    def predict(images: Image) -> Image:
        found = []
        for image in images:
            seen.append(float(image.mean()))
            found.append(sigmoid((image - np.mean(seen)) / 6))
        return np.stack(found)

    return predict


def dropout() -> Callable[[Image], Image]:
    rng = np.random.default_rng(0)
    return lambda images: steady(images) * (rng.random(images.shape) > 0.01).astype(np.float32)


def one_pixel() -> Callable[[Image], Image]:
    places = iter(range(65536))

    def predict(images: Image) -> Image:
        found = steady(images)
        found[0].flat[next(places)] = 0.5
        return found

    return predict


def after_another_size() -> Callable[[Image], Image]:
    """A buffer of the last batch of another size."""
    offset = 0.0
    size = 0

    def predict(images: Image) -> Image:
        nonlocal offset, size
        if size and len(images) != size:
            offset = float(images[0].mean()) / 10
        size = len(images)
        return sigmoid((images - 115 - offset) / 6)

    return predict


REFUSED = {
    "running mean": (running_mean(), "different values for the same images .* running statistics"),
    "statistics of all images": (mean_of_all_seen(), "different values for the same images .* running statistics"),
    "dropout": (dropout(), "different values for the same images .*is dropout active"),
    "one pixel at random": (one_pixel(), "different values for the same images"),
    "batch normalisation": (
        lambda images: sigmoid((images - images.mean()) / images.std()),
        "for an image alone and in a batch; .*batch normalisation in training mode",
    ),
    "largest value of the batch": (
        lambda images: sigmoid((images / images.max() * 230 - 115) / 6),
        "for an image alone and in a batch",
    ),
    "place in the batch": (
        lambda images: sigmoid((images - 115 - np.arange(len(images))[:, None, None]) / 6),
        "for an image after other images",
    ),
    "buffer": (after_another_size(), "different values for an image"),
}


@pytest.mark.parametrize(("predict", "message"), REFUSED.values(), ids=REFUSED)
def test_dependent_model_is_refused(predict: Callable[[Image], Image], message: str) -> None:
    with pytest.raises(ModelError, match=f"mine: returns .*{message}"):
        require_independence("mine", predict, varied_images())


@pytest.mark.parametrize(
    "predict",
    [
        steady,
        lambda images: (images > 115).astype(np.float32),
        lambda images: sigmoid((images - images.mean((1, 2), keepdims=True)) / images.std((1, 2), keepdims=True)),
        lambda images: steady(images) * 0.99 + np.float32(2e-3 * (len(images) > 1)),
    ],
    ids=["threshold", "mask", "normalised image by image", "rounding of half precision"],
)
def test_independent_model_passes_with_its_predictions(predict: Callable[[Image], Image]) -> None:
    np.testing.assert_array_equal(require_independence("mine", predict, varied_images()), predict(varied_images()))


def test_network_that_normalises_over_its_batch_is_refused_on_loading() -> None:
    """Batches of a network are padded to one size, so that the others in a batch change, and not their number."""
    with pytest.raises(ModelError, match="mine: returns different values for an image alone and in a batch"):
        probe(make_segmenter(lambda batch: sigmoid((batch - batch.mean()) / batch.std())))


@pytest.mark.parametrize("name", ["BatchNormalization", "Dropout", "GaussianNoise", "SpatialDropout2D"])
def test_keras_layers_of_training_pass(name: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras", reason="needs the extra 'keras'")
    options = {"Dropout": (0.5,), "SpatialDropout2D": (0.5,), "GaussianNoise": (0.5,)}.get(name, ())
    inputs = keras.Input((None, None, 1))
    values = getattr(keras.layers, name)(*options)(keras.layers.Rescaling(1 / 30, offset=-4)(inputs))
    keras.Model(inputs, keras.layers.Activation("sigmoid")(values)).save(tmp_path / "mine.keras")
    images = varied_images()
    found = load_segmenter(str(tmp_path / "mine.keras")).predict(images)
    np.testing.assert_allclose(found, sigmoid(images / 30 - 4), atol=2e-3)


def test_keras_file_that_normalises_over_its_batch_is_refused(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras", reason="needs the extra 'keras'")
    inputs = keras.Input((None, None, 1))
    values = (inputs - keras.ops.mean(inputs)) / 20
    keras.Model(inputs, keras.layers.Activation("sigmoid")(values)).save(tmp_path / "mine.keras")
    with pytest.raises(ModelError, match="mine: returns different values for an image alone and in a batch"):
        load_segmenter(str(tmp_path / "mine.keras"))
