"""Labels of tiles, joined: those of the whole image where cells fit into what two tiles see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustbench_cells.errors import ModelError
from robustbench_cells.instances.components import label_components
from robustbench_cells.models.sliding_window import predict_tiled
from robustbench_cells.models.whole_frames import predict_frame
from robustbench_cells.types import Image, Labels
from tests.support.networks import make_segmenter


def same_cells(one: Labels, other: Labels) -> bool:
    """Whether two images of labels differ in the names of cells alone."""
    pairs = {(int(a), int(b)) for a, b in zip(one.ravel(), other.ravel(), strict=True)}
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def bright(images: Image) -> Labels:
    return label_components(images > 127)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_cells_smaller_than_the_halo_are_those_of_the_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = np.zeros((2, 70, 90), np.float32)
    for image in images:
        for row, column in zip(rng.integers(0, 66, 30), rng.integers(0, 86, 30), strict=True):
            height, width = rng.integers(1, 5, 2)
            around = image[max(0, row - 1) : row + height + 1, max(0, column - 1) : column + width + 1]
            if not around.any():  # cells do not touch
                image[row : row + height, column : column + width] = 255
    found = predict_tiled(bright, images, 32, 8)
    assert found.dtype == np.int32
    for labels, expected in zip(found, bright(images), strict=True):
        assert same_cells(labels, expected)


def test_touching_cells_stay_apart_and_a_long_one_is_whole() -> None:
    """The ids are the model's own: it cuts a stripe at every 10th column of the frame."""
    frame = np.tile(np.arange(600, dtype=np.float32) // 10 % 3 * 100 + 50, (300, 1))

    def predict(images: Image) -> Labels:
        if len(np.unique(images)) > 3:  # of the probe
            return label_components(images > 150)
        return (1 + np.cumsum(np.diff(images, axis=2, prepend=images[:, :, :1]) != 0, axis=2)).astype(np.int32)

    found = predict_frame(predict, frame)
    assert same_cells(found, predict(frame[None])[0])


def test_a_mask_as_integers_is_no_frame_of_labels() -> None:
    frame = np.zeros((300, 300), np.float32)
    frame[50:60, 50:60] = frame[150:160, 50:60] = 255
    with pytest.raises(ModelError, match=r"the function: returns whole numbers, .* return booleans for a mask"):
        predict_frame(lambda images: (images > 127).astype(np.uint8) * 255, frame)


def test_a_network_of_fixed_size_needs_a_halo() -> None:
    patches = np.zeros((1, 256, 256), np.float32)
    patches[:, 50:70, 55:75] = 255  # across the seam of two tiles
    network = make_segmenter(
        lambda batch: bright(batch[..., 0])[..., None], (None, 64, 64, 1), kind="labels", side=64, halo=16
    )
    assert same_cells(network.predict(patches)[0], bright(patches)[0])
    with pytest.raises(ModelError, match=r"tiles of 64 px without a halo.*\[input\] halo in the card"):
        make_segmenter(
            lambda batch: bright(batch[..., 0])[..., None], (None, 64, 64, 1), kind="labels", side=64
        ).predict(patches)


def test_the_border_that_an_output_lacks_joins_nothing() -> None:
    patches = np.zeros((1, 256, 256), np.float32)
    patches[:, 50:60, 55:75] = 255

    def run(batch: np.ndarray) -> np.ndarray:
        return bright(batch[..., 0])[:, 8:-8, 8:-8, None]

    shape = (None, 64, 64, 1)
    network = make_segmenter(run, shape, kind="labels", side=64, halo=16, crop=8)
    assert same_cells(network.predict(patches)[0], bright(patches)[0])
    with pytest.raises(ModelError, match="without a halo"):
        make_segmenter(run, shape, kind="labels", side=64, crop=8).predict(patches)
