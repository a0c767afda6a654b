from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.types import PATCH_SIDE, PATCHES_PER_FRAME
from robustbench_cells.zoom import resize_labels, resized_side, views_per_frame, zoomed_side

ZOOMS = st.floats(0.2, 8)


@given(ZOOMS)
def test_a_view_becomes_a_whole_patch(zoom: float) -> None:
    assert resized_side(zoom, zoomed_side(zoom, PATCH_SIDE)) == PATCH_SIDE


@given(ZOOMS, st.integers(1, 700))
def test_another_side_is_zoomed(zoom: float, side: int) -> None:
    assert abs(resized_side(zoom, side) - max(1, side * zoom)) <= 0.5 + zoom / 2


def test_views_cover_a_frame() -> None:
    assert views_per_frame(256, (576, 720), 80) == PATCHES_PER_FRAME
    assert views_per_frame(64, (576, 720), 80) == 80
    assert views_per_frame(64, (512, 512), 80) == 64
    assert views_per_frame(128, (576, 720), 12) == 12


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 3, 5]))
def test_labels_are_enlarged_to_whole_blocks(height: int, width: int, factor: int) -> None:
    labels = np.arange(height * width, dtype=np.int32).reshape(height, width)
    large = resize_labels(labels, (height * factor, width * factor))
    np.testing.assert_array_equal(large, np.kron(labels, np.ones((factor, factor), np.int32)))


@given(st.integers(1, 60), st.integers(1, 60))
def test_labels_are_those_of_the_nearest_pixel(old: int, new: int) -> None:
    centres = (np.arange(new) + 0.5) * old / new - 0.5  # in pixels of what is resized
    found = resize_labels(np.arange(old, dtype=np.int32)[:, None], (new, 1))[:, 0]
    assert (np.abs(found - centres) <= 0.5 + 1e-9).all()
