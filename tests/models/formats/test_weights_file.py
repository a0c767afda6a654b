"""Weights of the U-Net without the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import card_path, write_card
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import varied_images
from robustbench_cells.types import THRESHOLD
from tests.support.extras import needs
from tests.support.keras_files import save_weights

pytestmark = needs("keras")


def test_they_predict_as_the_network_that_they_were_saved_from(tmp_path: Path) -> None:
    """With the card of their own, whose name keeps the middle suffix."""
    original: Any = load_segmenter("unet_original")
    path = save_weights(tmp_path, original.model)
    assert card_path(path).name == "net.weights.toml"
    write_card(card_path(path), {"input": {"range": [255.0, 0.0]}})
    segmenter = load_segmenter(str(path))
    assert segmenter.name == "net.weights"
    images = varied_images()
    expected = original.predict(images)
    assert 0.005 < (expected > THRESHOLD).mean() < 0.995
    np.testing.assert_allclose(segmenter.predict(255 - images), expected, atol=1e-4)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    import keras

    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(3, 3)]).save_weights(path)
    with pytest.raises(ModelError, match=r"other\.weights\.h5: Keras cannot load it .*build_unet.* save the whole"):
        load_segmenter(str(path))
