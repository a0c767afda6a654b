from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts.specimen.bubbles import BRIGHT
from robustbench_cells.randomness import generator

LABELS = np.zeros((512, 512), np.int32)
BUBBLES = ARTEFACTS.get("bubbles")


def refract(ray: np.ndarray, normal: np.ndarray, ratio: float) -> np.ndarray:
    """Snell's law for vectors; ``ratio`` is the index before over the index behind, the normal faces the ray."""
    cosine = -normal @ ray
    return ratio * ray + (ratio * cosine - np.sqrt(1 - ratio**2 * (1 - cosine**2))) * normal


def deflect(offset: float) -> float:
    """The angle by which a ray leaves that is traced through the sphere."""
    ray, entry = np.array([0.0, 1.0]), np.array([offset, -np.sqrt(1 - offset**2)])
    inside = refract(ray, entry, 1.333)
    exit_point = entry - 2 * (entry @ inside) * inside
    return float(np.arccos(refract(inside, -exit_point, 1 / 1.333) @ ray))


def test_the_bright_centre_is_what_the_objective_takes_in() -> None:
    """An aperture of 0.3: rays that leave at its edge are those at the edge of the centre."""
    assert 1.333 * np.sin(deflect(BRIGHT)) == pytest.approx(0.3, abs=1e-9)
    assert deflect(0.9 * BRIGHT) < deflect(BRIGHT) < deflect(1.1 * BRIGHT)


def test_area_that_is_dark() -> None:
    """Random discs that may overlap leave exp(-density × area) of a field free, and a bright centre in each."""
    flat = np.full(LABELS.shape, 200, np.float32)
    dark = [(BUBBLES.distort(flat, LABELS, 40.0, generator("bubbles", key))[0] < 100).mean() for key in range(60)]
    squares = (40**3 - 12**3) / (3 * (40 - 12))
    ring = np.pi * squares * (1 - BRIGHT**2) * 40 / 1e6
    assert np.mean(dark) == pytest.approx(1 - np.exp(-ring), rel=0.1)
