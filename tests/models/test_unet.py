"""The U-Net of the paper: its layers, its parameters and its seed."""

from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.models.unet import PARAMETERS, SIDE_MULTIPLE, build_unet
from tests.support.extras import needs

pytestmark = needs("keras")


def test_layers_and_parameters_are_those_of_the_paper() -> None:
    model = build_unet()
    assert model.count_params() == PARAMETERS == 481_745
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") == 15
    assert kinds.count("Conv2DTranspose") == kinds.count("AveragePooling2D") == kinds.count("Concatenate") == 3
    assert [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"] == [
        0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1,
    ]  # fmt: skip
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D" and layer.kernel_size == (3, 3):
            assert layer.activation.__name__ == "elu"
            assert type(layer.kernel_initializer).__name__ == "HeNormal"


@pytest.mark.parametrize("side", [SIDE_MULTIPLE, 24, 64])
def test_sides_may_be_any_multiple_of_eight(side: int) -> None:
    images = np.full((1, side, 2 * side, 1), 90, np.float32)
    assert build_unet().predict_on_batch(images).shape == images.shape


def test_weights_depend_on_the_seed_alone() -> None:
    first, same, other = (build_unet(seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_scaling_is_the_first_layer() -> None:
    assert type(build_unet().layers[1]).__name__ == "Rescaling"


def test_each_level_has_twice_the_filters_of_the_one_above() -> None:
    filters = [layer.filters for layer in build_unet(filters=4).layers if type(layer).__name__ == "Conv2DTranspose"]
    assert filters == [16, 8, 4]
    deepest = max(layer.filters for layer in build_unet(filters=4).layers if type(layer).__name__ == "Conv2D")
    assert deepest == 32
