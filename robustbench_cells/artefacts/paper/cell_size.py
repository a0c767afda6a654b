"""Larger and smaller cells, as at another magnification (the paper, section II and Figure 5)."""

from __future__ import annotations

import cv2
import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact
from robustbench_cells.types import PATCH_SIDE, PATCHES_PER_FRAME, Image, Labels


@ARTEFACTS.register
class CellSize(Artefact):
    """Another magnification: cuts a square of patch/zoom pixels out of the frame and resizes it to the patch.

    The intensity is the zoom: above 1 cells are larger. The view is always real image, never padding. The image is
    resized by cubic interpolation, overshoot clipped to [0, 255] and nothing stretched, so that zoom 1 is ``clean``;
    labels are resized by nearest neighbour, which neither invents nor mixes ids.
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
        """See `Artefact.view_side`: the patch's side over the zoom."""
        if not 0 < intensity < np.inf:
            raise ValueError(f"zoom {intensity}: must be a finite factor above 0")
        return max(1, round(side / intensity))

    def patches_per_frame(self, intensity: float, frame_shape: tuple[int, int], max_patches: int) -> int:
        """See `Artefact.patches_per_frame`: frame area over view area, at least 6 (the paper, section II)."""
        views = frame_shape[0] * frame_shape[1] / self.view_side(intensity, PATCH_SIDE) ** 2
        return int(np.clip(round(views), PATCHES_PER_FRAME, max_patches))

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Artefact.distort`: resizes the view to the patch."""
        height, width = (self._patch_side(side, intensity) for side in labels.shape)
        if (height, width) == labels.shape:
            return image.copy(), labels.copy()
        resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
        resized = resized.reshape(height, width, *image.shape[2:])  # a single channel is dropped
        # Nearest pixel centre, on the grid of cv2.resize (INTER_NEAREST is off by half a pixel).
        rows, columns = (
            np.minimum((np.arange(new) + 0.5) * old / new, old - 1).astype(int)
            for new, old in zip((height, width), labels.shape, strict=True)
        )
        return np.clip(resized, 0, 255), labels[np.ix_(rows, columns)]

    def _patch_side(self, side: int, zoom: float) -> int:
        # The view of a whole patch is resized to exactly that patch, although its own side was rounded.
        self.view_side(zoom, side)
        return PATCH_SIDE if side == self.view_side(zoom, PATCH_SIDE) else max(1, round(side * zoom))
