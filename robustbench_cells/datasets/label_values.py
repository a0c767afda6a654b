"""What the stored values of a mask mean: labels of cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from robustbench_cells.datasets.palettes import marks_void, palette_to_labels
from robustbench_cells.datasets.stored_plane import StoredPlane, single_channel
from robustbench_cells.errors import DataError
from robustbench_cells.types import VOID, Labels

_FEW_CLASSES = 10  # a mask without background that has only 1..n, n up to this, is one of classes


def require_ignore_label(ignore_label: int | None) -> None:
    """Refuse 0, which is the background of every mask."""
    if ignore_label == 0:
        raise DataError(
            "ignore label 0: 0 is the background of every mask; save the masks with another value where the annotators "
            "left pixels open, such as 255"
        )


class CellLabels(NamedTuple):
    """The labels of a mask, int32 (H, W), and whether they are the components of a single value (see `Sample`)."""

    labels: Labels
    by_components: bool


def to_labels(stored: StoredPlane, what: str, ignore_label: int | None = None) -> CellLabels:
    """Convert the stored values of a mask to int32 labels 1..n.

    A single value besides 0 makes a binary mask, whose cells are the 8-connected components; more values make an
    instance mask, whose ids keep their order. Values count as they are stored, also where 0 is declared as white
    (MinIsWhite, ImageJ's inverting look-up table), as tifffile and ImageJ give them.

    Parameters
    ----------
    stored
        Mask, bool or integer: grey, colour with equal channels, or with a palette whose index 0 alone is black.
    what
        File (and page), for messages.
    ignore_label
        Stored value of the pixels that become `VOID`, if there is any.

    Raises
    ------
    DataError
        If the other values are not those of a mask.
    """
    if stored.lossy:
        raise DataError(
            f"{what}: a mask compressed by {stored.lossy}, which blurs the edges of cells and thereby makes up ids; "
            "export it again from its source as PNG, or as TIFF with another compression"
        )
    pixels = single_channel(stored, what)
    if stored.palette is not None:
        pixels = palette_to_labels(pixels, stored.palette, what)
        if ignore_label is None and marks_void(pixels, stored.palette):
            raise DataError(
                f"{what}: has index 255 of PASCAL VOC's palette, which marks pixels that the annotators left open; "
                "leave them out by --rb-ignore-label=255 (ignore_label=255 in Python), or save the mask without them"
            )
    if pixels.dtype.kind not in "bui":
        raise DataError(
            f"{what}: a mask of dtype {pixels.dtype}; save it as integers, 0 for background and positive ids for cells"
        )
    if ignore_label is not None:
        void = pixels == ignore_label
        found = _number_cells(np.where(void, np.zeros_like(pixels), pixels), what)
        found.labels[void] = VOID
        return found
    return _number_cells(pixels, what)


def _number_cells(pixels: npt.NDArray[Any], what: str) -> CellLabels:
    ids = np.unique(pixels)
    if ids[0] < 0:
        raise DataError(
            f"{what}: label {ids[0]} is negative; use 0 for background and positive ids for cells (if it marks pixels "
            f"to leave out, name it: --rb-ignore-label={ids[0]}, or ignore_label={ids[0]} in Python)"
        )
    if ids[0] > 0:
        raise DataError(_describe_no_background(what, ids.tolist()))
    ids = ids[ids > 0]
    if len(ids) <= 1:
        _, components = cv2.connectedComponents((pixels > 0).astype(np.uint8), connectivity=8)
        return CellLabels(components.astype(np.int32), by_components=True)
    dense = np.searchsorted(ids, pixels, side="right")
    return CellLabels(np.where(pixels > 0, dense, 0).astype(np.int32), by_components=False)


def _describe_no_background(what: str, ids: list[int]) -> str:
    if 1 < len(ids) <= _FEW_CLASSES and ids == list(range(1, len(ids) + 1)):
        return (
            f"{what}: has no background (0), but the values {', '.join(map(str, ids))}, as segmentations of ilastik "
            "have; which of them is background is not in the file. Save 0 for background and 1 for cells: in Python "
            "tifffile.imwrite(path, (mask == 2).astype('uint8')) if 2 is the cells; in Fiji Process > Math > "
            "Subtract 1 if 1 is background; or export ilastik's 'Object Identities'"
        )
    return f"{what}: has no background (0); is it an image instead of a mask?"
