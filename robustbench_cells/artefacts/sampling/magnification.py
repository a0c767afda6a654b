"""Another magnification."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import PATCH_SIDE, Image, Labels
from robustbench_cells.zoom import resize_labels, resized_side, views_per_frame, zoomed_side


@ARTEFACTS.register
class Magnification(PhysicalArtefact):
    """Another objective: a square of patch/zoom pixels of the frame, resized to the patch and low-passed as it shrinks.

    The intensity is the magnification against that of the frames: above 1 cells are larger. The view is always real
    image. It is resized by a Lanczos kernel of three lobes, wider as the image shrinks, so that nothing aliases:
    an objective passes no frequency that its camera cannot sample (Turkowski 1990, Filters for common resampling tasks,
    Graphics Gems I). Labels are resized to the nearest pixel. ``cell_size`` is the paper's, which aliases. Not
    modelled: detail that a stronger objective resolves and the frames do not have, and its lower brightness.
    """

    name = "magnification"
    version = 1
    parameter = "zoom"
    unit = "×"
    neutral = 1.0
    scale = "log"
    grids = {"full": (0.5, 0.6, 0.7, 0.85, 1.2, 1.5, 2, 3, 4), "default": (0.5, 0.7, 1.5, 2)}

    def view_side(self, intensity: float, side: int) -> int:
        """See `Artefact.view_side`: the patch's side over the magnification."""
        self.require_meaningful(intensity)
        return zoomed_side(intensity, side)

    def patches_per_frame(self, intensity: float, frame_shape: tuple[int, int], max_patches: int) -> int:
        """See `Artefact.patches_per_frame`: frame area over view area, at least 6."""
        return views_per_frame(self.view_side(intensity, PATCH_SIDE), frame_shape, max_patches)

    def transform(
        self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator
    ) -> tuple[Image, Labels]:
        """See `PhysicalArtefact.transform`: resizes the view to the patch."""
        height, width = (resized_side(intensity, side) for side in labels.shape)
        channels = np.atleast_3d(image)
        resized = np.empty((height, width, channels.shape[2]), np.float32)
        for number in range(channels.shape[2]):
            picture = Pillow.fromarray(np.ascontiguousarray(channels[..., number]))
            resized[..., number] = np.asarray(picture.resize((width, height), Pillow.Resampling.LANCZOS))
        return resized.reshape(height, width, *image.shape[2:]), resize_labels(labels, (height, width))
