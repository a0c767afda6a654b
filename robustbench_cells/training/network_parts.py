"""Parts of the networks of `robust` and the specialists: local contrast, removal of small components, and the loss."""

from __future__ import annotations

from typing import Any

from robustbench_cells.models.unet import scale_to_unit

_CELL_AREA = 256.0  # pixels; a cell at a zoom of 1.5


def local_contrast(grey_levels: Any) -> Any:
    """Compute two channels: the image minus its local mean, at unit variance, and the image in [0, 1].

    These are fixed Keras layers in float32, since beside a spot of 4000 grey levels a cell spans a hundredth of the
    range. The local mean covers about 12 px: wide enough for a cell to stand out, narrow enough to remove a spot. The
    second channel carries the absolute contrast: without cells, unit variance would amplify debris into cells.
    """
    from keras import layers

    coarse = layers.AveragePooling2D(3, strides=1, padding="same")(layers.AveragePooling2D(4)(grey_levels))
    surroundings = layers.UpSampling2D(4, interpolation="bilinear")(coarse)
    local = layers.Subtract()([grey_levels, surroundings])
    normal = layers.GroupNormalization(1, epsilon=1e-6, center=False, scale=False)(local)
    return layers.Concatenate()([normal, scale_to_unit(grey_levels)])


def remove_small_components(probability: Any) -> Any:
    """Apply opening by reconstruction (Vincent 1993): components without a 2×2 square vanish, others keep their shape.

    These are fixed Keras layers. Without them, a stray pixel would count as a cell. The reconstruction stops after two
    steps from the upper left corner of each square: what is farther away is a thin process, not a cell.
    """
    from keras import layers

    negative = layers.MaxPooling2D(2, strides=1, padding="same")(layers.Rescaling(-1.0)(probability))
    opened = layers.Rescaling(-1.0)(negative)
    for _ in range(2):
        opened = layers.Minimum()([layers.MaxPooling2D(3, strides=1, padding="same")(opened), probability])
    return opened


def cross_entropy_and_jaccard(truth: Any, probability: Any) -> Any:
    """Compute binary cross-entropy plus one minus the soft Jaccard score, per patch (H, W, 1).

    The soft score (Rahman and Wang 2016) has the area of one cell added to intersection and union: an empty prediction
    of an empty patch scores 1, and on a patch without cells a false positive weighs as much as elsewhere.
    """
    from keras import losses, ops

    intersection = ops.sum(truth * probability, axis=(1, 2, 3))
    union = ops.sum(truth + probability, axis=(1, 2, 3)) - intersection
    entropy = ops.mean(losses.binary_crossentropy(truth, probability), axis=(1, 2))
    return entropy + 1 - (intersection + _CELL_AREA) / (union + _CELL_AREA)
