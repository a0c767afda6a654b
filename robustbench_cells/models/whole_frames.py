"""Whole frames through a segmenter of patches."""

from __future__ import annotations

import numpy as np

from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.models.sliding_window import GRID, tiled
from robustbench_cells.types import PATCH_SIDE, Image, Segmenter

HALO = 64  # pixels; more than the 50 that the paper's U-Net looks around a pixel


def predict_frame(segmenter: Segmenter, image: Image, halo: int = HALO) -> Image:
    """Foreground probabilities of a whole frame of any size, patch by patch.

    A segmenter that looks no farther than ``halo`` pixels around each gives what it would give for the frame at once.
    What a card declares for a whole image (``normalise``) is done for the whole frame; what a network or a package
    itself normalises (`unet_robust` does) is done patch by patch.

    Parameters
    ----------
    segmenter
        Anything that predicts.
    image
        float32, (H, W), grey levels in [0, 255].
    halo
        Pixels, at most 124.

    Returns
    -------
    numpy.ndarray
        float32, (H, W), in [0, 1].

    Raises
    ------
    ValueError
        If the image is no grey frame in [0, 255], or the halo leaves nothing of a patch.
    """
    image = np.asarray(image)
    if image.ndim != 2 or not image.size or image.dtype.kind not in "fiu":
        raise ValueError(f"the image is {image.dtype} of shape {image.shape}; grey levels of shape (H, W) are needed")
    if not (image.min(initial=0) >= 0 and image.max(initial=0) <= 255):  # also where one is no number
        raise ValueError(f"the image has values from {image.min()} to {image.max()}; grey levels go from 0 to 255")
    image = image.astype(np.float32)
    if not 0 <= 2 * halo <= PATCH_SIDE - GRID:
        raise ValueError(f"a halo of {halo} px leaves nothing of a patch of {PATCH_SIDE} px")
    if isinstance(segmenter, NetworkSegmenter):
        return segmenter.predict_whole(image[None], halo)[0]
    return tiled(segmenter.predict, image[None], PATCH_SIDE, halo)[0]
