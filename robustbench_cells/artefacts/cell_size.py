"""Larger and smaller cells (the paper, section II and Figure 5)."""

from __future__ import annotations

import cv2
import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact
from robustbench_cells.types import PATCH_SIDE, PATCHES_PER_FRAME, Image, Labels


@ARTEFACTS.register
class CellSize(Artefact):
    """Another magnification: cuts patch/zoom pixels out of the frame and resizes them to the patch.

    The intensity is the zoom: above 1 cells are larger. The view is real frame on every side, never padding. The image
    is resized by cubic interpolation, its overshoot clipped to [0, 255] and nothing stretched, so that zoom 1 is
    ``clean``; labels take the nearest pixel's id, so that none is invented or mixed.
    """

    name = "cell_size"
    version = 1
    parameter = "zoom"
    unit = "×"
    neutral = 1.0
    grids = {
        "quick": (0.5, 1, 2),
        "default": (0.5, 0.7, 1, 1.5, 2, 3, 5),
        "paper": (*(round(0.5 + 0.1 * step, 1) for step in range(15)), 2, 2.5, 3, 3.5, 4, 4.5, 5),
    }

    def view_side(self, intensity: float, side: int) -> int:
        """Pixels of the frame that fill a patch at this zoom; a zoom of 0 or less raises."""
        if not 0 < intensity < np.inf:
            raise ValueError(f"zoom {intensity}: a factor above 0 is needed")
        return max(1, round(side / intensity))

    def patches_per_frame(self, intensity: float, frame_shape: tuple[int, int], most: int) -> int:
        """Frame area over view area, at least 6 (the paper, section II) and at most the profile's cap."""
        views = frame_shape[0] * frame_shape[1] / self.view_side(intensity, PATCH_SIDE) ** 2
        return int(np.clip(round(views), PATCHES_PER_FRAME, most))

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """Resize a view to its patch (see `Artefact.distort`)."""
        height, width = (self._patch_side(side, intensity) for side in image.shape)
        if (height, width) == image.shape:
            return image.copy(), labels.copy()
        resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
        # Nearest pixel by its centre, on the same grid as cv2.resize (INTER_NEAREST is off by half a pixel).
        rows, columns = (
            np.minimum((np.arange(new) + 0.5) * old / new, old - 1).astype(int)
            for new, old in zip((height, width), labels.shape, strict=True)
        )
        return np.clip(resized, 0, 255), labels[np.ix_(rows, columns)]

    def _patch_side(self, side: int, zoom: float) -> int:
        # A view of a whole patch comes back to exactly that patch, though its own side was rounded.
        self.view_side(zoom, side)
        return PATCH_SIDE if side == self.view_side(zoom, PATCH_SIDE) else max(1, round(side * zoom))
