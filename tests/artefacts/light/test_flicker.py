from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

DIM = np.full((4, 6), 20, np.float32)
LABELS = np.zeros(DIM.shape, np.int32)


def light(flicker: float, key: int) -> float:
    image, _ = ARTEFACTS.get("flicker").distort(DIM, LABELS, flicker, generator("flicker", key))
    assert np.ptp(image) == 0
    return float(image[0, 0] / 20)


@pytest.mark.parametrize("flicker", [5.0, 40.0])
def test_light_is_log_normal_over_the_frames(flicker: float) -> None:
    factors = [light(flicker, key) for key in range(500)]
    assert stats.kstest(factors, stats.lognorm(s=np.log1p(flicker / 100)).cdf).pvalue > 0.001


def test_weak_flicker_is_a_relative_standard_deviation() -> None:
    factors = np.array([light(2.0, key) for key in range(500)])
    assert factors.std() / factors.mean() == pytest.approx(0.02, rel=4 / np.sqrt(2 * 500))


def test_a_patch_keeps_its_luck() -> None:
    for key in range(20):
        weak, strong = light(10.0, key), light(21.0, key)
        assert strong == pytest.approx(weak**2, rel=1e-4)
