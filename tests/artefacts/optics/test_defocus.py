from __future__ import annotations

import numpy as np
import pytest
from scipy.special import j1

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts.optics.defocus import disk
from robustbench_cells.randomness import generator

DEFOCUS = ARTEFACTS.get("defocus")


@pytest.mark.parametrize("radius", [0.01, 0.3, *DEFOCUS.grid("full"), 40.0])
def test_unit_sum_second_moment_and_symmetry(radius: float) -> None:
    kernel = disk(radius)
    steps = np.arange(len(kernel)) - len(kernel) // 2
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1)
    for axis in (0, 1):
        assert (kernel.sum(axis) * steps**2).sum() == pytest.approx(radius**2 / 4, rel=1e-4)
        np.testing.assert_allclose(kernel, np.flip(kernel, axis), atol=1e-12)
    np.testing.assert_allclose(kernel, kernel.T, atol=1e-12)


def test_a_point_becomes_a_disk_with_an_edge_of_a_pixel() -> None:
    point = np.zeros((65, 65), np.float32)
    point[32, 32] = 255
    spot, _ = DEFOCUS.distort(point, np.zeros(point.shape, np.int32), 12.0, generator(0))
    distance = np.hypot(*np.mgrid[-32:33, -32:33])
    inside = 255 / (np.pi * 12**2)
    np.testing.assert_allclose(spot[distance < 10.5], inside, rtol=0.06)
    assert spot[distance < 10.5].std() < 0.01 * inside
    assert spot[distance > 13.5].max() < 1e-4 * inside


@pytest.mark.parametrize("radius", [4.0, 8.0])
@pytest.mark.parametrize("period", [8, 16])
def test_a_grating_has_the_contrast_of_a_disk_and_may_turn_over(radius: float, period: int) -> None:
    """``2 J1(x) / x``, which is negative between its first two zeros: spurious resolution."""
    grating = np.tile(128 + 100 * np.cos(2 * np.pi * np.arange(129) / period), (60, 1)).astype(np.float32)
    blurred, _ = DEFOCUS.distort(grating, np.zeros(grating.shape, np.int32), radius, generator(0))
    x = 2 * np.pi * radius / period
    found = np.polyfit(grating.ravel() - 128, blurred.ravel() - 128, 1)[0]
    assert found == pytest.approx(2 * j1(x) / x, abs=0.015)
