from __future__ import annotations

import numpy as np
import pytest
from skimage.feature import blob_log

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.randomness import generator

LABELS = np.zeros((512, 512), np.int32)
DEBRIS = ARTEFACTS.get("debris")


def test_specks_are_as_many_and_as_wide_as_said() -> None:
    """Found by scikit-image's detector of Gaussian blobs."""
    dark = np.zeros(LABELS.shape, np.float32)
    specks, _ = DEBRIS.distort(dark, LABELS, 60.0, generator("debris"))
    found = blob_log(specks / 255, min_sigma=0.6, max_sigma=4, num_sigma=18, threshold=0.05)
    assert len(found) == pytest.approx(60 * LABELS.size / 1e6, abs=1)
    assert (found[:, 2] > 0.5).all()
    assert (found[:, 2] < 3.5).all()


def test_light_adds_up() -> None:
    """A Gaussian of height h has 2π s² h of light."""
    dark = np.zeros(LABELS.shape, np.float32)
    light = [DEBRIS.distort(dark, LABELS, 200.0, generator("debris", key))[0].sum() for key in range(30)]
    squares = (2.5**3 - 0.8**3) / (3 * (2.5 - 0.8))
    expected = 200 * LABELS.size / 1e6 * 2 * np.pi * squares * (60 + 200) / 2
    assert np.mean(light) == pytest.approx(expected, rel=0.06)


def test_more_debris_darkens_nothing() -> None:
    image = generator("image").random(LABELS.shape).astype(np.float32) * 255
    few, many = (DEBRIS.distort(image, LABELS, specks, generator("debris"))[0] for specks in (50.0, 500.0))
    assert (image <= few).all()
    assert (few <= many).all()
