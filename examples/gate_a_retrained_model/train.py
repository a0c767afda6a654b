"""Train the example's model, in a minute: python train.py models/cells.keras [EPOCHS [SEED]]."""

import sys

import keras
import numpy as np
from keras import layers

from robustbench_cells import cut_patches, open_dataset


def build(seed: int) -> keras.Model:
    """Three convolutions on the image less its surroundings."""
    keras.utils.set_random_seed(seed)
    grey = keras.Input((None, None, 1))
    scaled = layers.Rescaling(1 / 255)(grey)
    surroundings = layers.AveragePooling2D(15, strides=1, padding="same")(scaled)
    x = layers.Rescaling(8.0)(layers.Subtract()([scaled, surroundings]))
    for filters in (8, 8):
        x = layers.Conv2D(filters, 5, padding="same", activation="relu")(x)
    return keras.Model(grey, layers.Conv2D(1, 1, activation="sigmoid")(x))


def main() -> None:
    """Learn from the embedded training frames."""
    out, *numbers = sys.argv[1:]
    epochs, seed = [*map(int, numbers), *(10, 0)[len(numbers) :]]
    frames = open_dataset("synthetic", "train", frames=8)
    patches = [patch for frame in frames.frames for patch in cut_patches(frames.read(frame), 256, 6, seed=0)]
    images = np.stack([patch.image for patch in patches])[..., None]
    masks = np.stack([patch.labels > 0 for patch in patches])[..., None].astype(np.float32)
    model = build(seed)
    model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", jit_compile=False)
    model.fit(images, masks, batch_size=4, epochs=epochs, verbose=2)
    bare = build(seed)  # without the optimizer's state
    bare.set_weights(model.get_weights())
    bare.save(out)


if __name__ == "__main__":
    main()
