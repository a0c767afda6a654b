"""The U-Net of the paper's Figure 1 and section II, in plain Keras 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

PARAMETERS = 481_745
SIDE_MULTIPLE = 8  # three poolings by two


def build_unet(seed: int = 0) -> keras.Model:
    """A U-Net with fresh weights, exactly 481,745 parameters.

    16-32-64-128 filters; a level is two 3×3 convolutions with ELU and He-normal initialisation, then dropout (0.1, 0.1,
    0.2, 0.2 and mirrored on the way up); 2×2 average pooling down, 2×2 transposed convolutions up, a 1×1 sigmoid at the
    end. Scaling from grey levels to [0, 1] is the first layer.

    Parameters
    ----------
    seed
        Of the weights and of the dropout.

    Returns
    -------
    keras.Model
        From float32 (N, H, W, 1), grey levels in [0, 255], to float32 (N, H, W, 1) in [0, 1]; H and W multiples of 8.
    """
    import keras
    from keras import layers

    seeds = iter(range(seed * 1000, seed * 1000 + 1000))

    def initializer() -> keras.initializers.Initializer:
        return keras.initializers.HeNormal(seed=next(seeds))

    def level(x: Any, filters: int, dropout: float) -> Any:
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", activation="elu", kernel_initializer=initializer())(x)
        return layers.Dropout(dropout, seed=next(seeds))(x)

    inputs = keras.Input((None, None, 1), name="grey_levels")
    x = layers.Rescaling(1 / 255)(inputs)
    skips = []
    for filters, dropout in ((16, 0.1), (32, 0.1), (64, 0.2)):
        x = level(x, filters, dropout)
        skips.append(x)
        x = layers.AveragePooling2D(2)(x)
    x = level(x, 128, 0.2)
    for filters, dropout in ((64, 0.2), (32, 0.1), (16, 0.1)):
        x = layers.Conv2DTranspose(filters, 2, strides=2, padding="same", kernel_initializer=initializer())(x)
        x = layers.Concatenate()([x, skips.pop()])
        x = level(x, filters, dropout)
    outputs = layers.Conv2D(1, 1, activation="sigmoid", kernel_initializer=initializer(), name="probability")(x)
    return keras.Model(inputs, outputs, name="unet")
