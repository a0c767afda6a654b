"""The network of `robust` and of the specialists: local contrast in, no specks out, the Jaccard score in the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from robustbench_cells.models.unet import to_unit

if TYPE_CHECKING:
    pass

_A_CELL = 256.0  # pixels: a cell at a zoom of 1.5


def local_contrast(grey_levels: Any) -> Any:
    """Two channels: the image less its surroundings, at unit variance, and the image in [0, 1].

    Fixed layers of Keras' own in float32: beside a spot of 4000 grey levels a cell is a hundredth of the range. The
    surroundings are the mean of about 12 px, so wide that a cell stands out and so narrow that a spot does not. The
    image itself tells how strong the contrast is: where no cell is, unit variance makes cells of dust.
    """
    from keras import layers

    coarse = layers.AveragePooling2D(3, strides=1, padding="same")(layers.AveragePooling2D(4)(grey_levels))
    surroundings = layers.UpSampling2D(4, interpolation="bilinear")(coarse)
    local = layers.Subtract()([grey_levels, surroundings])
    normal = layers.GroupNormalization(1, epsilon=1e-6, center=False, scale=False)(local)
    return layers.Concatenate()([normal, to_unit(grey_levels)])


def without_specks(probability: Any) -> Any:
    """Opening by reconstruction (Vincent 1993): what holds no square of 2×2 px goes, the rest keeps its outline.

    Fixed layers of Keras' own. One pixel astray counts as a cell. The reconstruction is cut after two steps from the
    upper left corner of each such square: what lies farther from all of them is a thread, not a cell.
    """
    from keras import layers

    negative = layers.MaxPooling2D(2, strides=1, padding="same")(layers.Rescaling(-1.0)(probability))
    opened = layers.Rescaling(-1.0)(negative)
    for _ in range(2):
        opened = layers.Minimum()([layers.MaxPooling2D(3, strides=1, padding="same")(opened), probability])
    return opened


def cross_entropy_and_jaccard(truth: Any, probability: Any) -> Any:
    """Binary cross-entropy plus one minus the soft Jaccard score, each patch (H, W, 1) for itself.

    The soft score (Rahman and Wang 2016) counts a cell's pixels more in both: nothing found where nothing is scores 1,
    and on a patch without cells each false alarm weighs as much as elsewhere.
    """
    from keras import losses, ops

    both = ops.sum(truth * probability, axis=(1, 2, 3))
    either = ops.sum(truth + probability, axis=(1, 2, 3)) - both
    entropy = ops.mean(losses.binary_crossentropy(truth, probability), axis=(1, 2))
    return entropy + 1 - (both + _A_CELL) / (either + _A_CELL)
