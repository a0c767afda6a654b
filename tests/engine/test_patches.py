from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robustbench_cells as rb
from robustbench_cells.engine.patches import cut_patches
from robustbench_cells.errors import DataError
from robustbench_cells.randomness import generator
from robustbench_cells.types import Sample
from tests.conftest import sample_of


@given(seed=st.integers(0, 2**32), side=st.integers(1, 60), count=st.integers(1, 12))
def test_patches_lie_in_the_frame_and_fewer_are_the_first_of_more(seed: int, side: int, count: int) -> None:
    sample = sample_of((60, 90))
    patches = list(cut_patches(sample, side, count, seed))
    more = list(cut_patches(sample, side, count + 3, seed))
    assert all(index < count for index in (patch.index for patch in patches))
    for patch, same in zip(patches, more, strict=False):
        assert patch.index == same.index
        assert patch.image.shape == patch.labels.shape == (side, side)
        np.testing.assert_array_equal(patch.image, same.image)


def test_patches_reach_every_place() -> None:
    sample = sample_of((4, 6))
    corners = {patch.image[0, 0] for patch in cut_patches(sample, 3, 200, 0)}
    assert corners == set(sample.image[:2, :4].ravel())


@given(rows=st.integers(0, 3), columns=st.integers(0, 3), count=st.integers(1, 30))
def test_no_view_is_cut_twice(rows: int, columns: int, count: int) -> None:
    shape = (20 + rows, 20 + columns)
    image = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    sample = Sample("made/up", "7", image, np.zeros(shape, np.int32))
    patches = list(cut_patches(sample, 20, count, 0))
    corners = [patch.image[0, 0] for patch in patches]
    assert len(set(corners)) == len(corners) <= min(count, (rows + 1) * (columns + 1))
    assert patches[0].index == 0


def test_a_frame_as_large_as_the_view_counts_once() -> None:
    """512² frames at zoom 0.5 have one view, not six equal ones; at zoom 1 they have six."""
    frames = np.random.default_rng(0).uniform(0, 255, (2, 512, 512)).astype(np.float32)
    labels = np.zeros((2, 512, 512), np.int32)
    labels[:, 100:120, 100:120] = 1
    result = rb.benchmark("background", rb.from_arrays(frames, labels), artefacts={"cell_size": [0.5]})
    assert result.to_pandas().set_index("artefact")["patches"].to_dict() == {"cell_size": 2, "clean": 12}


def test_another_frame_seed_or_index_gives_other_places() -> None:
    sample, other = sample_of((200, 200)), sample_of((200, 200), frame="8")
    first, second = cut_patches(sample, 20, 2, 0)
    (of_other,), (of_seed,) = cut_patches(other, 20, 1, 0), cut_patches(sample, 20, 1, 1)
    for patch in (second, of_other, of_seed):
        assert not np.array_equal(patch.image, first.image)


def test_a_frame_that_is_too_small_is_named() -> None:
    with pytest.raises(DataError, match=r"frame 7 of made/up is 30×20 px, smaller than the 21×21 px"):
        list(cut_patches(sample_of((20, 30)), 21, 1, 0))


def test_random_numbers_are_the_same_on_every_machine() -> None:
    assert generator(0, "paired/test", "150", 0, "noise").integers(0, 10**9, 3).tolist() == GOLDEN
    assert generator(1).random() != generator("1").random()


GOLDEN = [835448150, 220296089, 698569655]
