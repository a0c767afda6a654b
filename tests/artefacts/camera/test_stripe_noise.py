from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

FLAT = np.full((64, 4096), 128, np.float32)
LABELS = np.zeros(FLAT.shape, np.int32)


@pytest.mark.parametrize("sigma", [2.0, 20.0])
def test_columns_are_gaussian_of_the_given_width(sigma: float) -> None:
    striped, _ = ARTEFACTS.get("stripe_noise").distort(FLAT, LABELS, sigma, generator("stripes"))
    columns = striped.mean(axis=0, dtype=float) - 128
    assert columns.std() == pytest.approx(sigma, abs=4 * sigma / np.sqrt(2 * columns.size))
    assert stats.kstest(columns / sigma, "norm").pvalue > 0.001


def test_the_power_of_the_stripes_lies_on_one_line_of_the_spectrum() -> None:
    """Stripes do not change from row to row: all power has the vertical frequency 0, and is white there."""
    striped, _ = ARTEFACTS.get("stripe_noise").distort(FLAT, LABELS, 10.0, generator("stripes"))
    power = np.abs(np.fft.fft2(striped - FLAT)) ** 2
    assert power[1:].sum() < 1e-9 * power.sum()
    line = power[0, 1 : FLAT.shape[1] // 2]
    assert stats.kstest(line / line.mean(), "expon").pvalue > 0.001


def test_channels_are_independent() -> None:
    colour = np.dstack([FLAT] * 3)
    stripes = ARTEFACTS.get("stripe_noise").distort(colour, LABELS, 20.0, generator("stripes"))[0][0]
    assert abs(np.corrcoef(stripes[:, 0], stripes[:, 1])[0, 1]) < 4 / np.sqrt(len(stripes))
