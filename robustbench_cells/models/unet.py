"""The U-Net of the paper (section II and Figure 1), in plain Keras 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

PARAMETERS = 481_745
SIDE_MULTIPLE = 8  # three poolings by two


def scale_to_unit(grey_levels: Any) -> Any:
    """Scale grey levels to [0, 1]."""
    from keras import layers

    return layers.Rescaling(1 / 255)(grey_levels)


def build_unet(
    seed: int = 0,
    *,
    dtype: str = "float32",
    dropout: bool = True,
    filters: int = 16,
    scale: Callable[[Any], Any] = scale_to_unit,
    finish: Callable[[Any], Any] | None = None,
) -> keras.Model:
    """Build the U-Net with fresh weights: exactly 481,745 parameters, unless ``filters`` says otherwise.

    The levels have 16, 32, 64 and 128 filters: two 3×3 convolutions with ELU and He-normal initialisation, then dropout
    (0.1, 0.1, 0.2, 0.2, and mirrored upwards). 2×2 average pooling leads down, 2×2 transposed convolutions lead up, and
    a 1×1 convolution with a sigmoid ends it. Scaling from grey levels is the first layer.

    Parameters
    ----------
    seed
        Seed of weights and dropout.
    dtype
        Keras' precision policy of all layers but the first and last, such as ``mixed_bfloat16``.
    dropout
        Whether the levels end in dropout.
    filters
        Filters of the first level; each level has twice as many as the one above.
    scale
        Layers from grey levels to the input of the first convolution, both (N, H, W, channels); the paper scales to
        [0, 1]. Each channel beyond one adds 144 parameters.
    finish
        Layers from the probability to the output, both (N, H, W, 1), if any.

    Returns
    -------
    keras.Model
        Model from float32 (N, H, W, 1), grey levels in [0, 255], to float32 (N, H, W, 1) in [0, 1]; H and W are
        multiples of 8.
    """
    import keras
    from keras import layers

    seeds = iter(range(seed * 1000, seed * 1000 + 1000))

    def initializer() -> keras.initializers.Initializer:
        return keras.initializers.HeNormal(seed=next(seeds))

    def level(x: Any, width: int, share: float) -> Any:
        for _ in range(2):
            x = layers.Conv2D(
                width, 3, padding="same", activation="elu", kernel_initializer=initializer(), dtype=dtype
            )(x)
        return layers.Dropout(share, seed=next(seeds), dtype=dtype)(x) if dropout else x

    inputs = keras.Input((None, None, 1), name="grey_levels")
    x = scale(inputs)
    skips = []
    for factor, share in ((1, 0.1), (2, 0.1), (4, 0.2)):
        x = level(x, factor * filters, share)
        skips.append(x)
        x = layers.AveragePooling2D(2, dtype=dtype)(x)
    x = level(x, 8 * filters, 0.2)
    for factor, share in ((4, 0.2), (2, 0.1), (1, 0.1)):
        x = layers.Conv2DTranspose(
            factor * filters, 2, strides=2, padding="same", kernel_initializer=initializer(), dtype=dtype
        )(x)
        x = layers.Concatenate(dtype=dtype)([x, skips.pop()])
        x = level(x, factor * filters, share)
    outputs = layers.Conv2D(1, 1, activation="sigmoid", kernel_initializer=initializer(), name="probability")(x)
    if finish is not None:
        outputs = finish(outputs)
    return keras.Model(inputs, outputs, name="unet")
