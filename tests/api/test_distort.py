"""An artefact on one image of a running program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import robustbench_cells as rb
from robustbench_cells.errors import DataError, DataWarning, GridError, UnknownNameError

RANDOM = np.random.default_rng(3)
IMAGE = np.rint(gaussian_filter(RANDOM.uniform(0, 255, (70, 90)), 2) * 2 % 256).astype(np.uint8)
LABELS = np.zeros((70, 90), np.uint16)
LABELS[10:20, 10:20], LABELS[30:50, 40:60] = 7, 900


def test_a_blur_is_that_of_another_library_and_keeps_the_ids() -> None:
    image, labels = rb.distort(IMAGE, LABELS, "blur", 1.5)
    inner = (slice(12, -12),) * 2
    assert image.dtype == np.float32
    np.testing.assert_allclose(image[inner], gaussian_filter(IMAGE.astype(float), 1.5, truncate=8)[inner], atol=0.5)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, LABELS)


def test_the_seed_alone_decides_the_noise() -> None:
    grey = np.full((40, 50), 120, np.uint8)
    first, again, other = (rb.distort(grey, None, "read_noise", 4, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.9
    stronger = rb.distort(grey, None, "read_noise", 8, seed=1)[0]
    np.testing.assert_allclose(stronger - 120, 2 * (first - 120), atol=1e-3)


def test_channels_are_distorted_alike_by_optics_and_apart_by_the_camera() -> None:
    colour = np.stack([IMAGE, IMAGE, IMAGE // 2], axis=-1)
    blurred, labels = rb.distort(colour, None, "defocus", 3)
    assert blurred.shape == colour.shape
    assert labels is None
    np.testing.assert_array_equal(blurred[..., 0], rb.distort(IMAGE, None, "defocus", 3)[0])
    noisy = rb.distort(np.full((20, 20, 3), 100, np.uint8), None, "read_noise", 3)[0]
    assert (noisy[..., 0] != noisy[..., 1]).mean() > 0.9


@pytest.mark.parametrize("artefact", [one.name for one in rb.ARTEFACTS if one.is_clean_at_neutral])
def test_the_neutral_intensity_gives_a_copy(artefact: str) -> None:
    given = IMAGE.astype(np.float32)
    image, labels = rb.distort(given, LABELS, artefact, rb.ARTEFACTS.get(artefact).neutral)
    np.testing.assert_array_equal(image, given)
    np.testing.assert_array_equal(labels, LABELS)
    assert not np.shares_memory(image, given)


def test_nothing_that_was_given_is_changed() -> None:
    image, labels = IMAGE.astype(np.float32), LABELS.astype(np.int32)
    image.flags.writeable = labels.flags.writeable = False
    rb.distort(image, labels, "shot_noise", 30)
    rb.distort(image, labels, "noise", 30)


def test_labels_move_with_the_image() -> None:
    square, cells = IMAGE[:, :70], LABELS[:, :70]
    image, labels = rb.distort(square, cells, "rotation", 90)
    np.testing.assert_allclose(image, np.rot90(square), atol=0.01)
    np.testing.assert_array_equal(labels, np.rot90(cells))


def test_values_of_16_bits_have_a_white_level() -> None:
    deep = IMAGE.astype(np.uint16) * 16
    with pytest.raises(DataError, match="image: the brightest pixel of this 16-bit image"):
        rb.distort(deep, None, "pedestal", 10)
    levels = rb.distort(deep, None, "pedestal", 10, white_level=16 * 255)[0]
    np.testing.assert_allclose(levels, rb.distort(IMAGE, None, "pedestal", 10)[0], atol=0.01)
    hot = deep.copy()
    hot[0, 0] = 60000
    with pytest.warns(DataWarning, match="image: 1 pixels above the white level 4080"):
        rb.distort(hot, None, "pedestal", 10, white_level=16 * 255)


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "an unknown artefact": ({"artefact": "defocs"}, UnknownNameError, "did you mean defocus"),
    "a class": ({"artefact": type(rb.ARTEFACTS.get("blur"))}, TypeError, "is no artefact"),
    "no artefact": ({"artefact": None}, TypeError, "None is no artefact"),
    "an intensity below": ({"intensity": -1}, GridError, r"blur=-1: sigma -1: must be finite and"),
    "an intensity as text": ({"intensity": "4"}, TypeError, "an intensity of '4' is str"),
    "a seed as text": ({"seed": "a"}, TypeError, "seed 'a' is str"),
    "labels of another shape": ({"labels": LABELS.T}, DataError, r"labels: shape \(90, 70\), but the image has"),
    "labels of channels": ({"labels": LABELS[..., None]}, DataError, r"labels: shape \(70, 90, 1\)"),
    "fractional labels": ({"labels": LABELS / 2}, DataError, "labels: dtype float64"),
    "long ids": ({"labels": LABELS.astype(np.int64) << 40}, DataError, "does not fit into 32 bits"),
    "a stack": ({"image": IMAGE[None, None]}, DataError, r"image: shape \(1, 1, 70, 90\)"),
    "frames of a stack": (
        {"image": np.stack([IMAGE] * 2), "labels": None},
        DataError,
        r"image: shape \(2, 70, 90\) has 90 channels, .* at most 32; .* the frames of a stack one by one",
    ),
    "text": ({"image": "frame.png"}, DataError, r"image: shape \(\)"),
    "a scaled image": ({"image": IMAGE / 255}, DataError, "floating-point grey levels span"),
    "a gap": ({"image": np.where(IMAGE > 50, IMAGE, np.nan)}, DataError, "NaN"),
    "complex": ({"image": IMAGE * 1j}, DataError, "dtype complex128"),
    "colour of the paper": (
        {"image": np.stack([IMAGE] * 3, -1), "artefact": "noise"},
        DataError,
        r"noise takes \(H, W\); the other artefacts take channels",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(case: str) -> None:
    change, error, words = WRONG[case]
    given: dict[str, Any] = {"image": IMAGE, "labels": LABELS, "artefact": "blur", "intensity": 1} | change
    with pytest.raises(error, match=words):
        rb.distort(**given)
