"""Views that become patches at another zoom, and their labels."""

from __future__ import annotations

import numpy as np

from robustbench_cells.types import PATCH_SIDE, PATCHES_PER_FRAME, Labels


def zoomed_side(zoom: float, side: int) -> int:
    """Compute the side in pixels of the view that becomes a patch of ``side`` pixels at this zoom."""
    return max(1, round(side / zoom))


def resized_side(zoom: float, side: int) -> int:
    """Compute what a side of a view becomes: that of a whole patch exactly, although the view's own was rounded."""
    return PATCH_SIDE if side == zoomed_side(zoom, PATCH_SIDE) else max(1, round(side * zoom))


def views_per_frame(view_side: int, frame_shape: tuple[int, int], max_patches: int) -> int:
    """Compute how many views cover a frame: its area over theirs, at least 6 (the paper, section II)."""
    views = frame_shape[0] * frame_shape[1] / view_side**2
    return int(np.clip(round(views), PATCHES_PER_FRAME, max_patches))


def resize_labels(labels: Labels, shape: tuple[int, int]) -> Labels:
    """Resize labels to the nearest pixel centre, on the grid of cv2.resize (INTER_NEAREST is off by half a pixel)."""
    rows, columns = (
        np.minimum((np.arange(new) + 0.5) * old / new, old - 1).astype(int)
        for new, old in zip(shape, labels.shape, strict=True)
    )
    return labels[np.ix_(rows, columns)]
