from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

DIM = np.full((512, 512), 10, np.float32)  # so that not one pixel in a million is clipped
LABELS = np.zeros(DIM.shape, np.int32)


@pytest.mark.parametrize("looks", [1, 4, 25])
def test_it_is_the_interference_of_random_phases(looks: int) -> None:
    """A pixel sums many waves of random phases; the mean intensity of M such patterns has a contrast of 1 / √M."""
    rng = np.random.default_rng(looks)
    phases = rng.uniform(0, 2 * np.pi, (2000, looks, 60)).astype(np.float32)
    waves = np.exp(1j * phases).sum(axis=2) / np.sqrt(60)
    simulated = (np.abs(waves) ** 2).mean(axis=1)
    speckled, _ = ARTEFACTS.get("speckle").distort(DIM, LABELS, 1 / np.sqrt(looks), generator("speckle"))
    assert stats.ks_2samp(speckled.ravel()[:40_000] / 10, simulated).pvalue > 0.001


@pytest.mark.parametrize("contrast", [0.02, 0.3, 1.0])
def test_mean_and_contrast(contrast: float) -> None:
    speckled, _ = ARTEFACTS.get("speckle").distort(DIM, LABELS, contrast, generator("speckle"))
    factors = speckled.astype(float) / 10
    kurtosis = 3 + 6 * contrast**2  # of a gamma law
    assert factors.mean() == pytest.approx(1, abs=4 * contrast / 512)
    assert factors.std() == pytest.approx(contrast, abs=4 * contrast * np.sqrt(kurtosis - 1) / 2 / 512)
    assert stats.kstest(factors.ravel()[:40_000], stats.gamma(contrast**-2, scale=contrast**2).cdf).pvalue > 0.001


def test_noise_grows_with_brightness_and_black_stays_black() -> None:
    image = np.repeat(np.array([[0, 20, 80]], np.float32), 4000, axis=0)
    speckled, _ = ARTEFACTS.get("speckle").distort(image, np.zeros(image.shape, np.int32), 0.2, generator("speckle"))
    black, dim, bright = speckled.std(axis=0)
    assert black == 0
    assert bright / dim == pytest.approx(4, rel=0.1)


def test_pixels_and_channels_are_independent() -> None:
    noise = ARTEFACTS.get("speckle").distort(np.dstack([DIM] * 3), LABELS, 0.3, generator("speckle"))[0]
    pairs = [(noise[..., 0], noise[..., 1]), (noise[1:, :, 0], noise[:-1, :, 0]), (noise[:, 1:, 0], noise[:, :-1, 0])]
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / 512
