from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

HAZE = ARTEFACTS.get("haze")


@pytest.mark.parametrize("share", HAZE.grid("full"))
def test_a_fine_grating_keeps_the_share_in_focus_and_the_mean(share: float) -> None:
    """Michelson's contrast ``(max - min) / (max + min)`` of detail far below the width of the haze."""
    grating = np.tile(120 + 60 * np.cos(2 * np.pi * np.arange(129) / 8), (64, 1)).astype(np.float32)
    hazy, _ = HAZE.distort(grating, np.zeros(grating.shape, np.int32), share, generator(0))
    contrast = (hazy.max() - hazy.min()) / (hazy.max() + hazy.min())
    assert contrast == pytest.approx(0.5 * (1 - share / 100), abs=1e-3)
    assert hazy[:, :-1].mean() == pytest.approx(120, abs=0.5)


def test_light_is_kept_and_spread() -> None:
    point = np.zeros((257, 257), np.float32)
    point[128, 128] = 255
    hazy = HAZE.distort(point, np.zeros(point.shape, np.int32), 60.0, generator(0))[0].astype(float)
    assert hazy.sum() == pytest.approx(255, rel=1e-3)
    assert hazy[128, 128] == pytest.approx(0.4 * 255, rel=1e-2)
    hazy[128, 128] = 0
    squares = (np.arange(257) - 128) ** 2
    assert (hazy.sum(0) * squares).sum() / hazy.sum() == pytest.approx(20**2, rel=0.01)
