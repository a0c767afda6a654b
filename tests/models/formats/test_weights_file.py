"""Weights of the U-Net without the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.unet import build_unet
from tests.support.extras import needs
from tests.support.keras_files import save_weights

pytestmark = needs("keras")


def test_name_and_card_keep_the_middle_suffix(tmp_path: Path) -> None:
    path = save_weights(tmp_path, build_unet(seed=1))
    assert load_segmenter(str(path)).name == "net.weights"
    assert card_path(path).name == "net.weights.toml"


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(3, 3)]).save_weights(path)
    with pytest.raises(ModelError, match=r"other\.weights\.h5: Keras cannot load it .*build_unet.* save the whole"):
        load_segmenter(str(path))
