from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

RAMP = np.linspace(0, 255, 256 * 256, dtype=np.float32).reshape(256, 256)
LABELS = np.zeros(RAMP.shape, np.int32)


def quantised(bits: float) -> np.ndarray:
    return ARTEFACTS.get("bit_depth").distort(RAMP, LABELS, bits, generator("bits"))[0]


@pytest.mark.parametrize("bits", range(1, 8))
def test_levels_are_counted(bits: int) -> None:
    levels = np.unique(quantised(float(bits)))
    assert len(levels) == 2**bits
    assert (levels[0], levels[-1]) == (0, 255)
    np.testing.assert_allclose(np.diff(levels), 255 / (2**bits - 1), rtol=1e-4)


@pytest.mark.parametrize("bits", [3, 5])
def test_the_noise_of_rounding(bits: int) -> None:
    """A uniform error: variance step² / 12 and mean 0 (Bennett 1948); 6 dB less for each bit more."""
    error, finer = (quantised(float(more)).astype(float) - RAMP for more in (bits, bits + 1))
    assert error.var() == pytest.approx((255 / (2**bits - 1)) ** 2 / 12, rel=0.01)
    assert abs(error.mean()) < 1e-3
    assert 10 * np.log10(error.var() / finer.var()) == pytest.approx(6.02, abs=0.7)


@pytest.mark.parametrize("bits", [0.0, 2.5, 9.0])
def test_other_numbers_of_bits_are_refused(bits: float) -> None:
    with pytest.raises(ValueError, match=r"^depth .*: must be"):
        quantised(bits)
