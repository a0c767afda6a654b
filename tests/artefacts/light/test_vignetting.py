from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

WHITE = np.full((101, 141), 200, np.float32)
LABELS = np.zeros(WHITE.shape, np.int32)


def vignetted(image: np.ndarray, loss: float) -> np.ndarray:
    labels = np.zeros(image.shape[:2], np.int32)
    return ARTEFACTS.get("vignetting").distort(image, labels, loss, generator("light"))[0]


@pytest.mark.parametrize("loss", [10.0, 50.0, 99.0])
def test_centre_keeps_its_light_and_all_corners_lose_theirs(loss: float) -> None:
    dark = vignetted(WHITE, loss)
    assert dark[50, 70] == 200
    np.testing.assert_allclose(dark[[0, 0, -1, -1], [0, -1, 0, -1]], 200 * (1 - loss / 100), rtol=1e-4)


def test_it_is_what_a_small_lambertian_pupil_lights() -> None:
    """Irradiance of each pixel, summed over the points of a pupil: radiance × cos × cos / distance² × area."""
    side, distance, radius = 61, 40.0, 0.5  # pixels
    pupil = [(y, x) for y in np.linspace(-1, 1, 9) for x in np.linspace(-1, 1, 9) if y * y + x * x <= 1]
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    light = np.zeros((side, side))
    for y, x in pupil:
        ray = np.stack([rows - radius * y, columns - radius * x, np.full_like(rows, distance)])
        length = np.linalg.norm(ray, axis=0)
        cosine = ray[2] / length  # on the pupil and on the camera, which are parallel
        light += cosine * cosine / length**2
    light /= light.max()
    found = vignetted(np.full((side, side), 200, np.float32), 100 * (1 - light[0, 0])) / 200
    np.testing.assert_allclose(found, light, atol=5e-4)


def test_an_image_of_one_pixel_is_its_own_centre() -> None:
    np.testing.assert_array_equal(vignetted(WHITE[:1, :1], 80.0), WHITE[:1, :1])


def test_channels_are_alike() -> None:
    colour = vignetted(np.dstack([WHITE, WHITE / 2]), 80.0)
    np.testing.assert_allclose(colour[..., 1] * 2, colour[..., 0])
