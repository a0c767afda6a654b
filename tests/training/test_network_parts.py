"""Parts of the robust networks: local contrast, removal of small components, and the loss."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="needs the extra 'keras'")

from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.training.network_parts import local_contrast, remove_small_components
from robustbench_cells.training.recipes import RECIPES


def test_local_contrast_is_invariant_to_a_contrast_stretch() -> None:
    grey_levels = keras.Input((None, None, 1))
    channels = keras.Model(grey_levels, local_contrast(grey_levels))
    frame = open_dataset("synthetic", frames=1).read("000").image[None, :256, :256, None]
    plain, stretched = (channels.predict_on_batch(image) for image in (frame, 40 + frame / 4))
    np.testing.assert_allclose(stretched[..., 0], plain[..., 0], atol=1e-3)
    np.testing.assert_allclose(plain[..., 1], frame[..., 0] / 255, atol=1e-6)


def test_small_components_are_removed_and_cells_keep_their_shape() -> None:
    """Components without a 2×2 square vanish; a cell keeps every pixel near one."""
    probability = np.full((1, 32, 32, 1), 0.1, np.float32)
    cell = np.zeros((32, 32), bool)
    cell[5:9, 5:12] = cell[9, 8] = cell[3:5, 8] = True  # with spikes of one pixel and of two
    probability[0, cell] = 0.9
    found = np.array(remove_small_components(probability))
    np.testing.assert_array_equal(found, probability)
    debris = probability.copy()
    debris[0, 20, 20] = debris[0, 25, 3:20] = 0.9  # a pixel, and a line
    np.testing.assert_array_equal(np.array(remove_small_components(debris)), found)


def test_loss_of_the_robust_recipe_includes_the_jaccard_score() -> None:
    loss = RECIPES.get("robust").loss()
    assert callable(loss)
    truth = np.zeros((2, 16, 16, 1), np.float32)
    truth[1, :8] = 1  # no foreground in the first patch, 128 of 256 pixels in the second
    found = np.full_like(truth, 1e-6)
    found[1, 4:12] = 1 - 1e-6  # 64 of them, and 64 others
    entropy = -np.log(np.where(truth == 1, found, 1 - found)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(loss(truth, found) - entropy, [0, 1 - (64 + 256) / (192 + 256)], atol=1e-3)
