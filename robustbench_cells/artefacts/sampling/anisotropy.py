"""Pixels that are not square."""

from __future__ import annotations

import cv2
import numpy as np

from robustbench_cells.artefacts._base import ARTEFACTS, PhysicalArtefact
from robustbench_cells.types import Image, Labels
from robustbench_cells.zoom import resize_labels


@ARTEFACTS.register
class Anisotropy(PhysicalArtefact):
    """Pixels that are ``k`` times finer along one axis and shown as squares: cells are ``k`` times as long there.

    The intensity k is the ratio of a pixel's sides: of a scanner whose lines are closer than its samples, or of a slice
    along the optical axis whose step was not looked at. The middle part of the image, 1/k along the axis, is stretched
    to the whole by cubic interpolation; labels go to the nearest pixel. The axis is drawn for each patch. It is always
    real image. Not modelled: blur that differs along the axes.
    """

    name = "anisotropy"
    version = 1
    parameter = "ratio of sides"
    unit = "×"
    neutral = 1.0
    bounds = (1.0, np.inf)
    scale = "log"
    grids = {"full": (1.2, 1.5, 2, 2.5, 3, 4)}

    def transform(
        self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator
    ) -> tuple[Image, Labels]:
        """See `PhysicalArtefact.transform`."""
        axis = int(rng.integers(2))
        side = labels.shape[axis]
        part = max(1, round(side / intensity))
        first = (side - part) // 2
        window = [slice(None), slice(None)]
        window[axis] = slice(first, first + part)
        cut = image[tuple(window)]
        stretched = cv2.resize(cut, labels.shape[::-1], interpolation=cv2.INTER_CUBIC).reshape(image.shape)
        return stretched, resize_labels(labels[tuple(window)], (labels.shape[0], labels.shape[1]))
