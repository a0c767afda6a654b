"""Otsu's threshold on filtered images (N. Otsu, IEEE Trans. SMC 9, 1979)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from robustbench_cells.types import Image


def threshold_by_otsu(images: Image, filter_image: Callable[[Image], npt.NDArray[np.number]]) -> Image:
    """Segment each image by Otsu's threshold of its filtered version: 1 above it, else 0; all 0 if that is flat.

    Parameters
    ----------
    images
        Images, (N, H, W).
    filter_image
        Filter of one image, (H, W).
    """
    from skimage.filters import threshold_otsu  # takes long to import

    masks = np.zeros(images.shape, np.float32)
    for mask, image in zip(masks, images, strict=True):
        filtered = filter_image(image)
        if filtered.min() < filtered.max():
            mask[...] = filtered > threshold_otsu(filtered)
    return masks
