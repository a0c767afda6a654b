"""Batches and predictions in memory that two processes share, here by two descriptors of one."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from robustbench_cells.models.isolation.shared_images import SharedImages, ShortReadError
from robustbench_cells.types import Image

BATCHES = npst.arrays(
    np.float32,
    st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40)),
    elements=st.floats(0, 255, width=32),
)


@given(st.lists(BATCHES, min_size=1, max_size=3))
def test_batches_of_any_size_cross_and_come_back(batches: list[Image]) -> None:
    here = SharedImages.create()
    there = SharedImages(os.dup(here.file))
    for batch in batches:
        here.put_images(batch)
        seen = there.images(batch.shape)
        np.testing.assert_array_equal(seen, batch)
        there.put_prediction(seen / 255)
        np.testing.assert_array_equal(here.take_prediction(batch.shape), batch / 255)
        there.put_prediction(labels := seen.astype(np.int32))
        found = here.take_prediction(batch.shape, labels=True)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, labels)
    here.close()
    there.close()


def test_model_cannot_change_its_input() -> None:
    here = SharedImages.create()
    here.put_images(np.ones((1, 8, 8), np.float32))
    seen = here.images((1, 8, 8))
    assert not seen.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        seen.flags.writeable = True
    here.close()


def test_prediction_is_a_copy_that_the_model_cannot_change_later() -> None:
    here = SharedImages.create()
    batch = np.ones((1, 8, 8), np.float32)
    here.put_images(batch)
    here.put_prediction(batch)
    found = here.take_prediction(batch.shape)
    here.put_prediction(np.zeros_like(batch))
    assert found.all()
    here.close()


def test_truncated_memory_is_an_error_and_no_crash() -> None:
    here = SharedImages.create()
    here.put_images(np.ones((1, 8, 8), np.float32))
    os.ftruncate(here.file, 10)
    with pytest.raises(ShortReadError):
        here.take_prediction((1, 8, 8))
    here.close()


def test_without_memory_that_has_a_descriptor_a_file_without_a_name_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "memfd_create", refuse)
    here = SharedImages.create()
    batch = np.ones((1, 8, 8), np.float32)
    here.put_images(batch)
    here.put_prediction(here.images(batch.shape))
    assert here.take_prediction(batch.shape).all()
    assert os.fstat(here.file).st_nlink == 0
    here.close()
