from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

RAMP = np.broadcast_to(np.linspace(60, 160, 1024, dtype=np.float32), (1024, 1024)).copy()
LABELS = np.zeros(RAMP.shape, np.int32)


def hot(per_million: float, image: np.ndarray = RAMP) -> np.ndarray:
    return ARTEFACTS.get("hot_pixels").distort(image, LABELS, per_million, generator("hot"))[0]


@pytest.mark.parametrize("per_million", [30.0, 1000.0, 100_000.0])
def test_as_many_are_hot_as_are_said(per_million: float) -> None:
    """A binomial count; a median filter finds the sparse ones, as it does on real cameras, and restores the rest."""
    image = hot(per_million)
    found = int((image != RAMP).sum())
    assert stats.binomtest(found, RAMP.size, per_million / 1e6).pvalue > 0.001
    if per_million < 10_000:
        outliers = image - ndimage.median_filter(image, 3) > 50
        assert int(outliers.sum()) == pytest.approx(found, abs=0.01 * found)


def test_they_are_white_and_lie_anywhere() -> None:
    changed = hot(10_000.0) != RAMP
    assert (hot(10_000.0)[changed] == 255).all()
    counts = changed.reshape(8, 128, 8, 128).sum(axis=(1, 3)).ravel()
    assert stats.chisquare(counts).pvalue > 0.001


def test_a_hot_pixel_stays_hot_at_a_larger_share() -> None:
    few, many = hot(300.0) == 255, hot(3000.0) == 255
    assert few.any()
    assert many[few].all()


def test_channels_are_independent() -> None:
    one, other = np.moveaxis(hot(100_000.0, np.dstack([RAMP] * 2)) == 255, 2, 0)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / 1024
