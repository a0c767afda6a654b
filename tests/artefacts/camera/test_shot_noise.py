from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts.camera._base import poisson_counts
from robustbench_cells.randomness import generator

LABELS = np.zeros((256, 256), np.int32)


@pytest.mark.parametrize("photons", [30.0, 300.0, 3000.0])
def test_photon_transfer_curve(photons: float) -> None:
    """Variance = gain × mean, with a gain of 255 / N grey levels per photo-electron: how cameras are measured."""
    means, variances = [], []
    for grey in (20, 60, 100, 140):
        flat = np.full(LABELS.shape, grey, np.float32)
        noisy, _ = ARTEFACTS.get("shot_noise").distort(flat, LABELS, photons, generator("shot", grey))
        means.append(noisy.mean())
        variances.append(noisy.var())
        assert noisy.mean() == pytest.approx(grey, abs=4 * np.sqrt(grey * 255 / photons / flat.size))
    gain = np.array(variances) / means
    error = 255 / photons * np.sqrt((2 + 255 / (photons * 20)) / LABELS.size)  # of a variance of Poisson counts
    np.testing.assert_allclose(gain, 255 / photons, atol=4 * error)


@pytest.mark.parametrize("mean", [0.0, 0.3, 3.0, 9.99, 10.01, 40.0, 800.0])
def test_counts_are_quantiles_of_the_poisson_distribution(mean: float) -> None:
    field = generator("field").standard_normal(20_000)
    found = poisson_counts(np.full(field.shape, mean), field)
    difference = np.abs(found - stats.poisson.ppf(stats.norm.cdf(field), mean))
    assert difference.max() <= 1
    assert difference.mean() <= (0 if mean < 10 else 1e-3)


def test_counts_of_extreme_quantiles_are_finite() -> None:
    counts = poisson_counts(np.array([0.0, 5.0, 5.0, 50.0, 50.0]), np.array([9.0, 9.0, -9.0, 9.0, -9.0]))
    assert (counts >= 0).all()
    assert (counts < 200).all()


def test_each_pixel_keeps_its_quantile() -> None:
    """Counts grow with the photons, so two intensities differ by their noise and not by their luck."""
    flat = np.full(LABELS.shape, 90, np.float32)
    few, many = (
        ARTEFACTS.get("shot_noise").distort(flat, LABELS, photons, generator("shot"))[0] * photons / 255
        for photons in (100.0, 200.0)
    )
    assert (np.round(few) <= np.round(many)).all()
    assert np.corrcoef(few.ravel(), many.ravel())[0, 1] > 0.98


def test_channels_are_independent() -> None:
    colour = np.full((*LABELS.shape, 3), 90, np.float32)
    noisy, _ = ARTEFACTS.get("shot_noise").distort(colour, LABELS, 30.0, generator("shot"))
    assert abs(np.corrcoef(noisy[..., 0].ravel(), noisy[..., 1].ravel())[0, 1]) < 4 / 256
