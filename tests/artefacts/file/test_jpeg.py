from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

COLOUR = astronaut()[100:228, 150:310]
GREY = np.ascontiguousarray(COLOUR[..., 1])


def compressed(image: np.ndarray, quality: float) -> np.ndarray:
    labels = np.zeros(image.shape[:2], np.int32)
    return ARTEFACTS.get("jpeg").distort(image.astype(np.float32), labels, quality, generator("jpeg"))[0]


def by_pillow(image: np.ndarray, quality: int) -> np.ndarray:
    file = BytesIO()
    Image.fromarray(image).save(file, "jpeg", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(file), np.float32)


@pytest.mark.parametrize("quality", [2, 10, 50, 90, 100])
@pytest.mark.parametrize("image", [GREY, COLOUR], ids=["grey", "colour"])
def test_it_is_that_of_pillow(image: np.ndarray, quality: int) -> None:
    np.testing.assert_allclose(compressed(image, quality), by_pillow(image, quality), atol=2)


def test_colours_keep_their_order() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    np.testing.assert_allclose(compressed(red, 90), red, atol=4)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_other_channels_are_grey_images(count: int) -> None:
    image = np.dstack([GREY + np.uint8(number) for number in range(count)])
    for number in range(count):
        np.testing.assert_array_equal(compressed(image, 20)[..., number], compressed(image[..., number], 20))


def test_higher_quality_is_nearer() -> None:
    ratios = [
        peak_signal_noise_ratio(GREY.astype(np.float32), compressed(GREY, quality), data_range=255)
        for quality in (2, 5, 10, 20, 40, 70, 90)
    ]
    assert ratios == sorted(ratios)


def test_no_quality_is_lossless_but_that_of_no_compression() -> None:
    assert (compressed(GREY, 100) != GREY).any()
    np.testing.assert_array_equal(compressed(GREY, np.inf), GREY)


@pytest.mark.parametrize("quality", [0.0, 50.5, 101.0])
def test_other_qualities_are_refused(quality: float) -> None:
    with pytest.raises(ValueError, match=f"quality {quality:g}: must be"):
        compressed(GREY, quality)
