from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

FULL_WELL = 3000  # e⁻ at white, as the docstring says
FLAT = np.full((256, 256), 102, np.float32)  # 1200 e⁻
LABELS = np.zeros(FLAT.shape, np.int32)


def bleached(percent: float, image: np.ndarray = FLAT) -> np.ndarray:
    return ARTEFACTS.get("bleaching").distort(image, LABELS, percent, generator("bleaching"))[0]


@pytest.mark.parametrize("percent", [1.0, 10.0, 25.0, 80.0])
def test_electrons_that_are_left_are_poisson_counts(percent: float) -> None:
    """The index of dispersion of counts is chi-squared; signal to noise is the root of the electrons."""
    electrons = bleached(percent).astype(float) * FULL_WELL / 255
    counts, mean = np.round(electrons), 1200 * percent / 100
    np.testing.assert_allclose(electrons, counts, atol=1e-3)
    assert counts.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean) / 256)
    dispersion = counts.var() * counts.size / counts.mean()
    assert 0.001 < stats.chi2(counts.size - 1).cdf(dispersion) < 0.999
    assert counts.mean() / counts.std() == pytest.approx(np.sqrt(mean), rel=0.02)


def test_a_quarter_of_the_signal_has_half_the_signal_to_noise_ratio() -> None:
    whole, quarter = bleached(80.0), bleached(20.0)
    assert (whole.mean() / whole.std()) / (quarter.mean() / quarter.std()) == pytest.approx(2, rel=0.02)


def test_each_pixel_keeps_its_quantile() -> None:
    less, more = bleached(10.0), bleached(12.0)
    assert (less <= more).all()
    assert np.corrcoef(less.ravel(), more.ravel())[0, 1] > 0.98


def test_channels_are_independent() -> None:
    noise = bleached(10.0, np.dstack([FLAT] * 3))
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 4 / 256
