"""Overlapping tiles: each pixel predicted once, as by the network on the whole image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.errors import ModelError
from robustbench_cells.models.sliding_window import predict_tiled
from tests.support.networks import Array, make_segmenter


def blur(batch: Array) -> Array:
    """Average 5×5 pixels, with zeros outside the tile."""
    assert batch.shape[1:3] == (64, 64)
    padded = np.pad(batch, ((0, 0), (2, 2), (2, 2), (0, 0)))
    return sum(padded[:, row : row + 64, column : column + 64] for row in range(5) for column in range(5)) / 25 / 255


def test_network_of_fixed_size_predicts_tiles() -> None:
    patches = np.random.default_rng(0).uniform(0, 255, (3, 256, 256)).astype(np.float32)
    padded = np.pad(patches, ((0, 0), (2, 2), (2, 2)))
    shifted = [padded[:, row : row + 256, column : column + 256] for row in range(5) for column in range(5)]
    found = make_segmenter(blur, (None, 64, 64, 1), side=64, halo=2).predict(patches)
    np.testing.assert_allclose(found, sum(shifted) / 25 / 255, atol=1e-5)


def test_size_that_does_not_fit_is_reported() -> None:
    message = r"\(any, 64, 64, 1\), read as NHWC, has sides \(64, 64\), but .* or side and halo for tiles"
    with pytest.raises(ModelError, match=message):
        make_segmenter(blur, (None, 64, 64, 1))
    with pytest.raises(ModelError, match="a halo of 30 px leaves nothing of a tile of 64 px"):
        make_segmenter(blur, (None, 64, 64, 1), side=64, halo=30)


@given(st.tuples(st.integers(1, 90), st.integers(1, 90)), st.sampled_from([16, 24, 40]), st.integers(0, 4))
def test_tiles_cover_each_pixel_once_and_in_its_place(shape: tuple[int, int], side: int, halo: int) -> None:
    images = np.random.default_rng(0).uniform(size=(2, *shape)).astype(np.float32)
    np.testing.assert_array_equal(predict_tiled(lambda tiles: tiles, images, side, halo), images)
