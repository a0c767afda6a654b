"""Shifts between images: found in spite of blur, noise and uneven light, and none found where there is none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from robustbench_cells.datasets.registration import register
from robustbench_cells.types import Image
from tests.support.born_wolf import defocus
from tests.support.measured_set import clean

FAR = 1.5  # pixels


def noisy(image: Image, sigma: float) -> Image:
    noise = np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.float32)


WORSE: dict[str, Callable[[Image], Image]] = {
    "alike": lambda image: image,
    "defocused": lambda image: defocus(image, 8),
    "blurred": lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), 5), np.float32),
    "noisy": lambda image: noisy(image, 60),
    "defocused and noisy": lambda image: noisy(defocus(image, 6), 30),
    "dark": lambda image: image * np.float32(0.1),
    "inverted": lambda image: 255 - image,
    "vignetted": lambda image: (image * np.linspace(1, 0.3, image.shape[1]) ** 2).astype(np.float32),
}


@pytest.mark.parametrize("worse", WORSE.values(), ids=WORSE)
@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -2), (-9, 14)])
def test_a_shift_is_found_to_the_pixel(worse: Callable[[Image], Image], down: int, right: int) -> None:
    place = register(clean(0), worse(np.roll(clean(0), (down, right), (0, 1))))
    assert place.is_related
    assert np.hypot(place.down - down, place.right - right) < 1
    assert place.is_clear or place.distance < FAR
    assert (place.is_clear and place.distance > FAR) == bool(down or right)


@given(st.floats(-4, 4), st.floats(-4, 4))
def test_parts_of_a_pixel_are_found(down: float, right: float) -> None:
    moved = ndimage.shift(clean(1), (down, right), order=3, mode="reflect")
    place = register(clean(1), moved)
    assert np.hypot(place.down - down, place.right - right) < 0.5


def test_very_broad_blur_is_no_shift() -> None:
    place = register(clean(0), defocus(clean(0), 20))
    assert not (place.is_related and place.is_clear and place.distance > FAR)


@pytest.mark.parametrize("seed", range(5))
def test_other_fields_are_not_related(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(100, 30, clean(0).shape).astype(np.float32)
    assert not register(clean(0), noise).is_related
    assert not register(clean(0), np.full_like(clean(0), seed)).is_related
    assert not register(clean(0), clean(1)).is_related
