"""Non-local means, then Otsu (the paper, section II): the classical answer to noise."""

from __future__ import annotations

import cv2
import numpy as np

from robustbench_cells.models.baselines._base import BASELINES
from robustbench_cells.models.otsu import threshold_by_otsu
from robustbench_cells.types import Image, Segmenter

_STRENGTH = 25  # OpenCV's h, in grey levels


@BASELINES.register
class NlmOtsu(Segmenter):
    """OpenCV's non-local means (h = 25) on the 8-bit image, then Otsu's threshold."""

    name = "nlm_otsu"
    digest = "nlm_otsu 1"

    def predict(self, images: Image) -> Image:
        """See `Segmenter.predict`; probabilities are 0 or 1."""
        return threshold_by_otsu(
            images, lambda image: cv2.fastNlMeansDenoising(np.rint(image).astype(np.uint8), None, _STRENGTH)
        )
