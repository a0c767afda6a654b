"""Whole frames predicted patch by patch: the result of the frame in one piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robustbench_cells.models.unet import build_unet
from robustbench_cells.models.whole_frames import predict_frame
from robustbench_cells.types import Image
from tests.support.extras import needs
from tests.support.networks import make_segmenter


@needs("keras")
@pytest.mark.parametrize("shape", [(320, 456), (256, 264), (512, 256)])
def test_patches_give_the_prediction_of_the_whole_frame(shape: tuple[int, int]) -> None:
    model = build_unet(seed=5)
    frame = np.random.default_rng(1).uniform(0, 255, shape).astype(np.float32)

    class Whole:
        name = digest = "whole"

        def predict(self, images: Image) -> Image:
            return np.asarray(model.predict_on_batch(images[..., None]))[..., 0]

    expected = Whole().predict(frame[None])[0]
    np.testing.assert_allclose(predict_frame(Whole(), frame), expected, atol=1e-5)
    assert np.abs(predict_frame(Whole(), frame, halo=0) - expected).max() > 1e-4  # so the halo matters
    with pytest.raises(ValueError, match="leaves nothing"):
        predict_frame(Whole(), frame, halo=125)


def test_frame_is_normalised_as_a_whole() -> None:
    ramp = np.tile(np.linspace(0, 255, 600, dtype=np.float32), (300, 1))
    segmenter = make_segmenter(lambda batch: batch, (None,) * 3, normalise="min-max", range=(0.0, 1.0))
    np.testing.assert_allclose(predict_frame(segmenter, ramp), ramp / 255, atol=1e-5)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((2, 256, 256)), r"float64 of shape \(2, 256, 256\); grey levels of shape \(H, W\) are needed"),
        (np.zeros((256, 256), bool), "bool of shape"),
        (np.full((256, 256), 4096, np.uint16), r"values from 4096 to 4096; scale grey levels to \[0, 255\]"),
        (np.full((256, 256), np.nan), "values from nan to nan"),
        ([[0, -1]], "values from -1 to 0"),
    ],
)
def test_image_that_is_no_grey_frame_is_refused(image: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predict_frame(make_segmenter(lambda batch: batch / 255), image)
