"""Prediction of whole frames by a segmenter of patches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from robustbench_cells.models.instance_labels import MASK_REMEDY, convert_labels, is_labels, require_ids
from robustbench_cells.models.isolation.segmenter import IsolatedSegmenter
from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.models.probe import varied_images
from robustbench_cells.models.runtimes.function import Function
from robustbench_cells.models.sliding_window import GRID, predict_tiled
from robustbench_cells.types import PATCH_SIDE, Image, Prediction, Segmenter

HALO = 64  # pixels; more than the reach of 50 of the paper's U-Net


def predict_frame(segmenter: Segmenter | Callable[[Image], Any], image: Image, halo: int = HALO) -> Prediction:
    """Predict probabilities or labels of a whole frame of any size, patch by patch.

    The result equals that of the whole frame in one piece if the segmenter's reach is at most ``halo`` pixels.
    Normalisation that a card declares applies to the whole frame; normalisation inside a network or package (as in
    `unet_robust`) applies to each patch.

    Parameters
    ----------
    segmenter
        Model or baseline, or a function as `benchmark` takes it.
    image
        Frame, float32, (H, W), grey levels in [0, 255].
    halo
        Border that each patch discards, in pixels, at most 124.

    Returns
    -------
    numpy.ndarray
        Foreground probabilities, float32, (H, W), in [0, 1]; or labels, int32, if that is what the segmenter gives:
        those of patches are joined where cells overlap in their halos (`stitch`).

    Raises
    ------
    ModelError
        If the segmenter predicts labels and there is no halo to join those of patches by, or a function returns a mask
        as integers.
    ValueError
        If the image is not a grey frame in [0, 255], or the halo leaves nothing of a patch.
    TypeError
        If the segmenter predicts nothing, as the name of a model does.

    Examples
    --------
    >>> import robustbench_cells as rb
    >>> frame = rb.open_dataset("synthetic", frames=2).read("000")
    >>> rb.predict_frame(rb.BASELINES.get("dog_otsu"), frame.image).shape
    (576, 720)
    """
    if not hasattr(segmenter, "predict"):
        if not callable(segmenter):
            raise TypeError(
                f"predict_frame: {type(segmenter).__name__} predicts nothing; give rb.load_segmenter(name or path), "
                "rb.BASELINES.get(name) or a function"
            )
        segmenter = Function("the function", segmenter, digest="")
    image = np.asarray(image)
    if image.ndim != 2 or not image.size or image.dtype.kind not in "fiu":
        raise ValueError(f"the image is {image.dtype} of shape {image.shape}; grey levels of shape (H, W) are needed")
    if not (image.min(initial=0) >= 0 and image.max(initial=0) <= 255):  # false for NaN too
        raise ValueError(f"the image has values from {image.min()} to {image.max()}; scale grey levels to [0, 255]")
    image = image.astype(np.float32)
    if not 0 <= 2 * halo <= PATCH_SIDE - GRID:
        raise ValueError(f"a halo of {halo} px leaves nothing of a patch of {PATCH_SIDE} px; use a smaller one")
    if isinstance(segmenter, NetworkSegmenter) or (
        isinstance(segmenter, IsolatedSegmenter) and segmenter.predicts_whole
    ):
        return segmenter.predict_whole(image[None], halo)[0]
    found = predict_tiled(segmenter.predict, image[None], PATCH_SIDE, halo)
    if is_labels(found) and isinstance(segmenter, Function) and segmenter.instances is None:  # not tried yet
        require_ids(segmenter.name, convert_labels(segmenter.name, segmenter.predict(varied_images())), MASK_REMEDY)
    return found[0]
