from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import inertia_tensor

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts.optics.motion import streak
from robustbench_cells.randomness import generator

MOTION = ARTEFACTS.get("motion")
POINT = np.zeros((129, 129), np.float32)
POINT[64, 64] = 255
LABELS = np.zeros(POINT.shape, np.int32)


@pytest.mark.parametrize("length", MOTION.grid("full"))
@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 4, np.pi / 2, 2.5])
def test_unit_sum_and_second_moment_along_and_across(length: float, angle: float) -> None:
    kernel = streak(length, angle)
    rows, columns = np.mgrid[: len(kernel), : len(kernel)] - len(kernel) // 2
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1)
    assert (kernel * (rows**2 + columns**2)).sum() == pytest.approx(length**2 / 12, rel=1e-3)
    assert (kernel * across**2).sum() < 0.2  # px²: an anti-aliased line
    assert (kernel * along).sum() == pytest.approx(0, abs=1e-9)


def test_a_grating_across_the_path_has_the_contrast_of_a_sinc() -> None:
    kernel = streak(10.0, 0.3)
    size = 128
    transfer = np.fft.fft2(kernel, (size, size))
    for cycles in (2, 6, 10):
        expected = np.sinc(10.0 * np.cos(0.3) * cycles / size)
        assert abs(transfer[0, cycles]) == pytest.approx(abs(expected), abs=0.02)


def test_directions_are_even_and_the_same_at_every_length() -> None:
    def direction(length: float, key: int) -> float:
        tensor = inertia_tensor(MOTION.distort(POINT, LABELS, length, generator("motion", key))[0])
        return float(0.5 * np.arctan2(2 * tensor[0, 1], tensor[1, 1] - tensor[0, 0]))

    angles = np.array([direction(20.0, key) for key in range(60)])
    assert abs(np.exp(2j * angles).mean()) < 3 / np.sqrt(60)  # no direction is preferred
    for key in range(3):
        turned = np.exp(2j * (direction(40.0, key) - angles[key]))
        assert turned == pytest.approx(1, abs=0.02)
