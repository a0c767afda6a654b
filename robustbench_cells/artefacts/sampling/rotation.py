"""A sample that lies turned on the stage."""

from __future__ import annotations

from math import ceil, cos, radians, sin

import cv2
import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import PATCH_SIDE, Image, Labels

_ROUNDING = 1e-9  # pixels; a quarter turn needs no larger view


@ARTEFACTS.register
class Rotation(PhysicalArtefact):
    """A turned sample: the image is rotated about its centre, counter-clockwise, and the labels along.

    The intensity is the angle in degrees. The view is larger by ``|cos| + |sin|``, so that the patch is real image and
    never padding. The image is interpolated by a cubic kernel, overshoot clipped; labels go to the nearest pixel, and a
    quarter turn moves whole pixels. A segmentation does not depend on how a dish is put on the stage, so every loss is
    the model's, but for the interpolation's blur (least at 90°, where there is none).
    """

    name = "rotation"
    version = 1
    parameter = "angle"
    unit = "°"
    neutral = 0.0
    bounds = (-180.0, 180.0)
    grids = {"full": (5, 15, 30, 45, 90, 135, 180)}

    def view_side(self, intensity: float, side: int) -> int:
        """See `Artefact.view_side`: that of the square that holds the turned patch."""
        self.require_meaningful(intensity)
        return ceil(side * sum(_shares(intensity)) - _ROUNDING)

    def transform(
        self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator
    ) -> tuple[Image, Labels]:
        """See `PhysicalArtefact.transform`."""
        (height, width), (cosine, sine) = labels.shape, _shares(intensity)
        if height == width == self.view_side(intensity, PATCH_SIDE):
            new_height = new_width = PATCH_SIDE
        else:  # the largest part of the same proportions that has no corner beyond the image
            share = min(width / (width * cosine + height * sine), height / (width * sine + height * cosine))
            new_height, new_width = (max(1, int(side * share + _ROUNDING)) for side in labels.shape)
        angle = radians(intensity)
        matrix = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
        old, new = (np.array([columns - 1, rows - 1]) / 2 for rows, columns in (labels.shape, (new_height, new_width)))
        places = np.column_stack([matrix, old - matrix @ new])  # of each pixel of the patch, (x, y) in the view
        turned = cv2.warpAffine(
            image, places, (new_width, new_height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        columns, rows = np.meshgrid(np.arange(new_width), np.arange(new_height))
        x, y = (
            np.rint(row[0] * columns + row[1] * rows + row[2] - _ROUNDING).astype(int).clip(0, side - 1)
            for row, side in zip(places, (width, height), strict=True)
        )
        return turned.reshape(new_height, new_width, *image.shape[2:]), labels[y, x]


def _shares(intensity: float) -> tuple[float, float]:
    return abs(cos(radians(intensity))), abs(sin(radians(intensity)))
