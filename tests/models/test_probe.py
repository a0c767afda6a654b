"""The probe: images that resemble cells, and a warning where a network finds none in them."""

from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.errors import DeclarationWarning
from robustbench_cells.models.probe import probe, probe_images
from tests.support.networks import make_segmenter


def test_implausible_prediction_triggers_a_warning() -> None:
    for run, share in ((np.zeros_like, "0.0%"), (np.ones_like, "100.0%")):
        message = rf"mine: segments {share} of a synthetic probe image .* in mine\.toml the input it expects"
        with pytest.warns(DeclarationWarning, match=message):
            probe(make_segmenter(run))


def test_probe_images_are_grey_and_reproducible() -> None:
    images = probe_images()
    assert images.shape == (2, 256, 256)
    assert images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 255  # noqa: PT018
    np.testing.assert_array_equal(images, probe_images())
