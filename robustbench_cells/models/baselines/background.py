"""All background: the dotted line of the paper's figures."""

from __future__ import annotations

import numpy as np

from robustbench_cells.models.baselines._base import BASELINES
from robustbench_cells.types import Image, Segmenter


@BASELINES.register
class Background(Segmenter):
    """Predicts background everywhere: a model of lower accuracy is worse than no segmentation at all."""

    name = "background"
    digest = "background 1"

    def predict(self, images: Image) -> Image:
        """See `Segmenter.predict`; all probabilities are 0."""
        return np.zeros(images.shape[:3], np.float32)
