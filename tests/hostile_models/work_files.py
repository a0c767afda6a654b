"""Networks whose prediction would take for ever, or memory that no layer's output shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.hostile_models.files import keras_layer, put, with_config, with_layer
from tests.hostile_models.trap import Trap

Build = Callable[[Path, Path, Trap], Path]


def layer(kind: str, *arguments: Any, **options: Any) -> Callable[[], Any]:
    """Describe a layer, which needs Keras only where it is made."""

    def make() -> Any:
        import keras

        return getattr(keras.layers, kind)(*arguments, **options)

    return make


def chain(*makers: Callable[[], Any]) -> Build:
    """Save a chain of layers."""

    def build(folder: Path, tiny: Path, trap: Trap) -> Path:
        import keras

        inputs = x = keras.Input((None, None, 1))
        for make in makers:
            x = make()(x)
        keras.Model(inputs, x).save(folder / "hostile.keras")
        return folder / "hostile.keras"

    return build


def replaced(kind: str, **config: object) -> Build:
    """Replace a layer in the file, which Keras might not save."""
    return lambda folder, tiny, trap: with_layer(folder, tiny, keras_layer(kind, **config))


def pooled(kind: str, side: float) -> Build:
    return replaced(kind, pool_size=[side, side], strides=[1, 1], padding="same", data_format="channels_last")


def batches(size: int) -> Build:
    def change(config: dict[str, Any]) -> None:
        put(config, ("config", "layers", 0, "config", "batch_shape"), [size, 256, 256, 1])

    return lambda folder, tiny, trap: with_config(folder, tiny, change)


def many_outputs(folder: Path, tiny: Path, trap: Trap) -> Path:
    """Return many images, none of which is large."""
    import keras

    inputs = keras.Input((None, None, 1))
    outputs = [keras.layers.Conv2D(128, 1)(inputs) for _ in range(80)]
    keras.Model(inputs, outputs).save(folder / "hostile.keras")
    return folder / "hostile.keras"


def in_reverse(folder: Path, tiny: Path, trap: Trap) -> Path:
    """List a chain of layers from its end: Keras would go through the list once for each."""
    path = chain(*[layer("ReLU")] * 210)(folder, tiny, trap)
    return with_config(folder, path, lambda config: config["config"]["layers"].reverse())


def tiled(folder: Path, tiny: Path, trap: Trap) -> Path:
    """Cut each patch into tiles of 128 pixels that start every 8 pixels."""
    (folder / "hostile.toml").write_text("[input]\nside = 128\nhalo = 60\n")
    return chain(*[layer("Conv2D", 64, 3, padding="same")] * 2, layer("Conv2D", 1, 1))(folder, tiny, trap)


BOMBS: dict[str, Build] = {
    "an average of 255 pixels": pooled("AveragePooling2D", 255),
    "a maximum of 255 pixels": pooled("MaxPooling2D", 255),
    "a maximum of a million pixels": pooled("MaxPooling2D", 2**20),
    "a resize to a column, smoothly": replaced("Resizing", height=2**20, width=1, interpolation="lanczos5"),
    "a resize to a million pixels": replaced("Resizing", height=2**20, width=2**20),
    "a resize that pads": replaced("Resizing", height=1, width=2**20, pad_to_aspect_ratio=True),
    "a batch of 16000": batches(16_000),
    "a batch of 65": batches(65),
    "a kernel that crashes TensorFlow": chain(layer("Conv2D", 1, 200, padding="same")),
    "a kernel from which TensorFlow never returns": chain(layer("DepthwiseConv2D", 15, dtype="bfloat16")),
    "wide windows in half precision": chain(layer("DepthwiseConv2D", 128, padding="same", dtype="float16")),
    "a wide convolution": chain(layer("Conv2D", 16, 1), layer("Conv2D", 16, 125, padding="same")),
    "wide convolutions channel by channel": chain(
        layer("Conv2D", 64, 1), *[layer("DepthwiseConv2D", 125, padding="same")] * 3
    ),
    "a wide transposed convolution": chain(layer("Conv2D", 16, 1), layer("Conv2DTranspose", 16, 125, padding="same")),
    "a wide transposed convolution with strides": chain(layer("Conv2DTranspose", 1, 100, strides=8)),
    "a convolution in groups": chain(layer("Conv2D", 32, 1), layer("Conv2D", 32, 99, padding="same", groups=32)),
    "a convolution that hides an image": chain(layer("SeparableConv2D", 1, 1, depth_multiplier=20000)),
    "sorts": chain(layer("Conv2D", 64, 1), *[layer("Activation", "sparsemax")] * 12),
    "a list of scales": chain(layer("Rescaling", [0.5] * 20_000), layer("GlobalMaxPooling2D")),
    "many outputs": many_outputs,
    "layers in reverse": in_reverse,
    "many compiled convolutions": chain(layer("Conv2D", 2, 1), *[layer("Conv2D", 2, 1, groups=2)] * 101),
    "many tiles": tiled,
}
