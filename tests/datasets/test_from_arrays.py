"""Arrays in memory as a data set, and each way in which they can be wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.errors import DataError
from tests.support.frame_arrays import IMAGES, LABELS


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_grey_levels_are_kept_whatever_their_dtype(dtype: type) -> None:
    data = rb.from_arrays(IMAGES.astype(dtype), LABELS)
    sample = data.read("0")
    assert (sample.image.dtype, sample.labels.dtype) == (np.float32, np.int32)
    assert np.array_equal(sample.image, IMAGES[0])
    assert np.array_equal(sample.labels > 0, LABELS[0] > 0)
    assert not data.sequence


def test_masks_become_components_and_ids_are_kept() -> None:
    masks = rb.from_arrays(IMAGES, LABELS > 0).read("1").labels
    assert masks.max() > 1
    ids = rb.from_arrays(IMAGES, LABELS).read("1").labels
    assert len(np.unique(ids)) == len(np.unique(LABELS[1]))


def test_frames_may_differ_in_size_and_have_names() -> None:
    data = rb.from_arrays([IMAGES[0], IMAGES[1][:280]], [LABELS[0], LABELS[1][:280]], names=["a", "b"], sequence=True)
    assert data.frames == ("a", "b")
    assert data.shapes == {"a": (300, 300), "b": (280, 300)}
    assert data.sequence


def test_white_level_scales_16_bits() -> None:
    data = rb.from_arrays(IMAGES.astype(np.uint16) * 16, LABELS, white_level=4080)
    assert np.allclose(data.read("0").image, IMAGES[0], atol=1e-4)


def test_arrays_are_copied_and_read_only() -> None:
    images = IMAGES.astype(np.float32)
    data = rb.from_arrays(images, LABELS)
    with pytest.raises(ValueError, match="read-only"):
        data.read("0").image[0, 0] = 1
    images[0] = 0  # later changes have no effect
    assert data.read("0").image.max() == 220


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[0], LABELS[0], r"images: shape \(300, 300\); give \(N, H, W\)"),
        (np.stack([IMAGES] * 2, -1), LABELS, r"images: shape \(4, 300, 300, 2\)"),
        ([], [], "images: empty"),
        (IMAGES[:2], LABELS, "2 images and 4 labels"),
        (IMAGES[:, :299], LABELS, r"images\[0\] has shape \(299, 300\) and labels\[0\] \(300, 300\)"),
        (IMAGES / 255, LABELS, r"images\[0\]: floating-point grey levels span .*; scale them"),
        (IMAGES.astype(float) - 100, LABELS, r"images\[0\]: floating-point grey levels span -10"),
        (np.where(LABELS > 0, np.nan, 5.0), LABELS, r"images\[0\]: \d+ of \d+ floating-point grey levels are NaN"),
        (IMAGES.astype(np.uint16), LABELS, r"images\[0\]: the brightest pixel of this 16-bit image"),
        (IMAGES.astype(complex), LABELS, r"images\[0\]: dtype complex128"),
        (IMAGES.astype(str), LABELS, r"images\[0\]: dtype <U"),
        (IMAGES, LABELS.astype(float), r"labels\[0\]: dtype float64; give bool or integer"),
        (IMAGES, -LABELS, r"labels\[0\]: label -"),
        (IMAGES, np.zeros_like(LABELS), "no mask has a cell"),
        ([IMAGES[0], IMAGES[1][0]], LABELS[:2], r"images\[1\]: shape \(300,\); give \(H, W\)"),
    ],
)
def test_invalid_array_is_reported_by_name(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rb.from_arrays(images, labels)


@pytest.mark.parametrize("names", [["a"], ["a"] * 4, ["a", "b", "c", ""]])
def test_invalid_names_of_frames_are_refused(names: list[str]) -> None:
    with pytest.raises(DataError):
        rb.from_arrays(IMAGES, LABELS, names=names)


@pytest.mark.parametrize("images", [IMAGES[..., None], list(IMAGES[..., None])], ids=["array", "list"])
def test_a_last_axis_of_length_1_is_no_other_data(images: object) -> None:
    assert rb.from_arrays(images, LABELS[..., None]).fingerprint == rb.from_arrays(IMAGES, LABELS).fingerprint
