"""Otsu's threshold on each filtered image (N. Otsu, IEEE Trans. SMC 9, 1979)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from skimage.filters import threshold_otsu

from robustbench_cells.types import Image


def brighter_than_otsu(images: Image, keep: Callable[[Image], npt.NDArray[np.number]]) -> Image:
    """1 where the filtered image is above its own Otsu threshold, else 0; all 0 where the filtered image is flat.

    Parameters
    ----------
    images
        (N, H, W).
    keep
        The filter of one image (H, W).
    """
    masks = np.zeros(images.shape, np.float32)
    for mask, image in zip(masks, images, strict=True):
        filtered = keep(image)
        if filtered.min() < filtered.max():
            mask[...] = filtered > threshold_otsu(filtered)
    return masks
