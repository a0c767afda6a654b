"""Cells of masks that have no ids: 8-connected components, as the paper counts them."""

from __future__ import annotations

import cv2
import numpy as np

from robustbench_cells.types import Labels, Masks


def label_components(masks: Masks) -> Labels:
    """Number the 8-connected components of each mask.

    Parameters
    ----------
    masks
        Foreground, bool, (N, H, W).

    Returns
    -------
    numpy.ndarray
        int32, (N, H, W), 0 background, 1..n the components of each mask.
    """
    labels = np.empty(masks.shape, np.int32)
    for mask, out in zip(masks, labels, strict=True):
        cv2.connectedComponents(np.ascontiguousarray(mask).view(np.uint8), out, connectivity=8, ltype=cv2.CV_32S)
    return labels
