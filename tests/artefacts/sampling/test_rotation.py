from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.transform import rotate

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator
from robustbench_cells.types import PATCH_SIDE, Image, Labels

ROTATION = ARTEFACTS.get("rotation")


def draw_view(angle: float) -> tuple[Image, Labels]:
    side = ROTATION.view_side(angle, PATCH_SIDE)
    noise = gaussian_filter(generator("view").standard_normal((side, side)), 4)
    image = (128 + 60 * noise / np.abs(noise).max()).astype(np.float32)
    return image, (image > 130).astype(np.int32) * 3


@pytest.mark.parametrize("angle", [5.0, 30.0, 45.0, 135.0, -20.0])
def test_it_agrees_with_scikit_image(angle: float) -> None:
    image, labels = draw_view(angle)
    turned, left = ROTATION.distort(image, labels, angle, generator("rotation"))
    assert turned.shape == left.shape == (PATCH_SIDE, PATCH_SIDE)
    whole = rotate(image.astype(np.float64), angle, order=3, mode="reflect")
    of_labels = rotate(labels, angle, order=0, preserve_range=True)
    margin, odd = divmod(len(image) - PATCH_SIDE, 2)
    if odd:  # the patch lies between the pixels of scikit-image's result: compare at half a pixel
        whole = (whole[:-1, :-1] + whole[1:, :-1] + whole[:-1, 1:] + whole[1:, 1:]) / 4
    window = slice(margin, margin + PATCH_SIDE)
    assert np.abs(turned - whole[window, window]).max() < 1.0 + odd
    if not odd:
        assert (left != of_labels[window, window]).mean() < 0.002  # ties between two pixels


def test_a_quarter_turn_moves_whole_pixels() -> None:
    image, labels = draw_view(90)
    for angle, turns in ((90.0, 1), (180.0, 2), (-90.0, -1)):
        turned, left = ROTATION.distort(image, labels, angle, generator("rotation"))
        np.testing.assert_allclose(turned, np.rot90(image, turns), atol=1e-3)
        np.testing.assert_array_equal(left, np.rot90(labels, turns))


@pytest.mark.parametrize("shape", [(90, 150), (150, 90), (64, 64)])
@pytest.mark.parametrize("angle", [10.0, 30.0, 45.0, 80.0, 90.0])
def test_any_shape_is_turned_without_its_border(shape: tuple[int, int], angle: float) -> None:
    """The corners of the patch, turned back, lie in the image; and it is as large as that allows."""
    turned, left = ROTATION.distort(np.zeros(shape, np.float32), np.ones(shape, np.int32), angle, generator("turn"))
    assert turned.shape == left.shape
    sides = np.array(left.shape)
    turn = np.exp(1j * np.radians(angle))
    reach = np.array([complex(sides[1], sign * sides[0]) / 2 * turn for sign in (1, -1)])
    ends = np.array([np.abs(reach.imag).max(), np.abs(reach.real).max()]) * 2
    assert (ends <= np.array(shape) + 1e-6).all()
    assert (ends > np.array(shape) - 3).any()
