from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator
from robustbench_cells.types import PATCH_SIDE, Image

ZOOM = 0.5
AMPLITUDE = 100.0


def waves(frequency: float, side: int, *, step: float = 1.0) -> Image:
    """Diagonal waves, in cycles per pixel of a frame that is sampled every ``step`` pixels."""
    centres = (np.arange(side) + 0.5) * step
    phase = 2 * np.pi * frequency * (centres[:, None] + 0.6 * centres)
    return (128 + AMPLITUDE * np.sin(phase)).astype(np.float32)


def shrink(name: str, frequency: float) -> Image:
    artefact = ARTEFACTS.get(name)
    view = waves(frequency, artefact.view_side(ZOOM, PATCH_SIDE))
    patch, _ = artefact.distort(view, np.zeros(view.shape, np.int32), ZOOM, generator("zoom"))
    return patch[8:-8, 8:-8]


@pytest.mark.parametrize("frequency", [0.02, 0.1, 0.15])
def test_waves_below_nyquist_pass(frequency: float) -> None:
    expected = waves(frequency, PATCH_SIDE, step=1 / ZOOM)[8:-8, 8:-8]
    assert np.abs(shrink("magnification", frequency) - expected).max() < 0.06 * AMPLITUDE


@pytest.mark.parametrize("frequency", [0.33, 0.38, 0.43])
def test_waves_above_nyquist_vanish(frequency: float) -> None:
    """0.25 cycles per pixel of the frame is what half the pixels can hold; what is above would come back as another."""
    assert shrink("magnification", frequency).std() < 0.04 * AMPLITUDE
    assert shrink("cell_size", frequency).std() > 0.15 * AMPLITUDE
