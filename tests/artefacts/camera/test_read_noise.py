from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

FLAT = np.full((256, 256), 128, np.float32)
LABELS = np.zeros(FLAT.shape, np.int32)


@pytest.mark.parametrize("sigma", [2.0, 20.0])
def test_it_is_gaussian_of_the_given_width(sigma: float) -> None:
    noisy, _ = ARTEFACTS.get("read_noise").distort(FLAT, LABELS, sigma, generator("read"))
    error = sigma / np.sqrt(2 * FLAT.size)  # of a standard deviation
    assert (noisy - FLAT).std() == pytest.approx(sigma, abs=4 * error)
    assert stats.kstest((noisy - FLAT).ravel() / sigma, "norm").pvalue > 0.001


def test_pixels_and_channels_are_independent() -> None:
    colour = np.dstack([FLAT] * 3)
    noise = ARTEFACTS.get("read_noise").distort(colour, LABELS, 20.0, generator("read"))[0] - colour
    pairs = [(noise[..., 0], noise[..., 1]), (noise[1:, :, 0], noise[:-1, :, 0]), (noise[:, 1:, 0], noise[:, :-1, 0])]
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)
