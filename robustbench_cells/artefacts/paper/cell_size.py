"""Larger and smaller cells, as at another magnification (the paper, section II and Figure 5)."""

from __future__ import annotations

import cv2
import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, Artefact
from robustbench_cells.types import PATCH_SIDE, Image, Labels
from robustbench_cells.zoom import resize_labels, resized_side, views_per_frame, zoomed_side


@ARTEFACTS.register
class CellSize(Artefact):
    """Another magnification: cuts a square of patch/zoom pixels out of the frame and resizes it to the patch.

    The intensity is the zoom: above 1 cells are larger. The view is always real image, never padding. The image is
    resized by cubic interpolation, overshoot clipped to [0, 255] and nothing stretched, so that zoom 1 is ``clean``;
    labels are resized by nearest neighbour, which neither invents nor mixes ids. Shrinking is not low-passed, so that
    fine structure aliases as under no objective (see ``magnification``).
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
        return zoomed_side(intensity, side)

    def patches_per_frame(self, intensity: float, frame_shape: tuple[int, int], max_patches: int) -> int:
        """See `Artefact.patches_per_frame`: frame area over view area, at least 6 (the paper, section II)."""
        return views_per_frame(self.view_side(intensity, PATCH_SIDE), frame_shape, max_patches)

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        """See `Artefact.distort`: resizes the view to the patch."""
        self.view_side(intensity, PATCH_SIDE)
        height, width = (resized_side(intensity, side) for side in labels.shape)
        if (height, width) == labels.shape:
            return image.copy(), labels.copy()
        resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
        resized = resized.reshape(height, width, *image.shape[2:])  # a single channel is dropped
        return np.clip(resized, 0, 255), resize_labels(labels, (height, width))
